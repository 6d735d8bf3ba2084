import { pairDifferences, type ExpectedLine, type FoundLine } from './difference-pairs.ts'
import { Ledger } from './ledger.ts'
import type { Findings, FoundOutput, RuleSetup } from './rule.ts'
import type { TaskClocks } from './task-clocks.ts'
import { UnknownOrders, type AwaitedStatus, type Waits } from './unknown-orders.ts'

interface AwaitedMatch extends AwaitedStatus {
  readonly payment: number
}

/** Statuses that must come and those that came, by their payments' fingerprints. */
export class StatusLedger {
  readonly #clocks: TaskClocks
  readonly #setup: RuleSetup
  readonly #waits: Waits
  /** All in detail: what is left decides by its times. */
  readonly #matches = new Ledger<AwaitedMatch, FoundOutput>(Infinity)
  readonly #unknown: UnknownOrders
  readonly #leads: number[] = []
  readonly #wrong: FoundLine[] = []
  #found = 0

  constructor(clocks: TaskClocks, setup: RuleSetup, waits: Waits) {
    this.#clocks = clocks
    this.#setup = setup
    this.#waits = waits
    this.#unknown = new UnknownOrders(clocks, waits)
  }

  expectMatch(payment: number, declined: boolean, awaited: AwaitedStatus, required: boolean): void {
    this.#move(this.#setup.partitionOf(awaited.orderId), 1)
    this.#matches.expect(matchOf(payment, declined), required, { ...awaited, payment })
  }

  expectUnknown(payment: number, awaited: AwaitedStatus, required: boolean): void {
    this.#move(this.#setup.partitionOf(awaited.orderId), 1)
    this.#unknown.expect(payment, awaited, required)
  }

  findMatch(payment: number, declined: boolean, record: FoundOutput): void {
    this.#count(record)
    this.#matches.find(matchOf(payment, declined), record)
    this.#unknown.matched(payment)
  }

  findUnknown(payment: number, record: FoundOutput, task: number, timeMs: number): void {
    this.#count(record)
    this.#unknown.find(payment, record, task, timeMs)
  }

  reject(record: FoundOutput, note: string): void {
    this.#count(record)
    this.#wrong.push({ ...record, note })
  }

  lead(partition: number): number {
    return this.#leads[partition] ?? 0
  }

  findings(topic: string): Findings {
    const missing: AwaitedStatus[] = []
    for (const { required, optional, detail } of this.#matches.owed.values()) {
      if (!detail) continue
      const told = this.#unknown.takeUnmatched(detail.payment, required + optional)
      const forgotten = this.#clocks.most(detail.task) >= detail.firstMs + this.#waits.retention
      // When one of the two was forgotten before the other came, UNKNOWN_ORDER is the payment's status, once its time has come.
      const least = forgotten ? (this.#clocks.least(detail.task) >= detail.timeMs + this.#waits.wait ? required - told : 0) : required // prettier-ignore
      for (let i = 0; i < least; i++) missing.push(detail)
    }
    missing.push(...this.#unknown.missing())
    const surplus = [...this.#matches.surplus.values()].flatMap(({ count, detail }) => Array.from({ length: count }, () => detail)) // prettier-ignore
    const found: FoundLine[] = [...this.#wrong, ...surplus.filter((line) => line !== undefined), ...this.#unknown.surplus()] // prettier-ignore
    const lines = missing.map(({ orderId, text, place }): ExpectedLine => ({
      ...{ key: orderId, partition: this.#setup.partitionOf(orderId), text, input: place },
    }))
    return {
      expected: this.#found - found.length + missing.length,
      actual: this.#found,
      missing: missing.length,
      unexpected: found.length,
      disordered: 0,
      unjudged: this.#matches.unjudged + this.#unknown.unjudged,
      limited: 0,
      differences: pairDifferences(topic, lines, found, this.#setup.partitionOf),
    }
  }

  #count({ partition }: FoundOutput): void {
    this.#found++
    this.#move(partition, -1)
  }

  #move(partition: number, by: number): void {
    this.#leads[partition] = this.lead(partition) + by
  }
}

/** A status says whether its payment failed. 53 bits leave no room for that: two fingerprints a payment, far apart. */
const matchOf = (payment: number, declined: boolean): number => (declined ? -1 - payment : payment)
