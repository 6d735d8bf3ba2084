import type { FoundLine } from './difference-pairs.ts'
import type { FoundOutput, Place } from './rule.ts'
import type { TaskClocks } from './task-clocks.ts'

/** How long payments wait and orders are kept, in ms of event time. */
export interface Waits {
  readonly wait: number
  readonly retention: number
}

/** A payment that must have a status. */
export interface AwaitedStatus {
  readonly orderId: string
  readonly timeMs: number
  /** The earlier one of the payment and its order, in ms. */
  readonly firstMs: number
  readonly task: number
  readonly place: Place
  readonly text: string
}

interface Reports {
  /** Payments without an order that have no UNKNOWN_ORDER yet. */
  readonly open: { readonly awaited: AwaitedStatus; readonly required: boolean }[]
  /** UNKNOWN_ORDER that no such payment explains, and that no status of a payment has followed yet. */
  readonly unmatched: FoundOutput[]
}

/** UNKNOWN_ORDER: awaited by payments without an order, allowed before the status of a payment whose order came late. */
export class UnknownOrders {
  unjudged = 0
  readonly #clocks: TaskClocks
  readonly #waits: Waits
  readonly #reports = new Map<number, Reports>()
  /** For each task the report that must have come last, and the event time that it needs. */
  readonly #latest: { dueMs: number; record: FoundOutput }[] = []

  constructor(clocks: TaskClocks, waits: Waits) {
    this.#clocks = clocks
    this.#waits = waits
  }

  expect(payment: number, awaited: AwaitedStatus, required: boolean): void {
    const reports = this.#of(payment)
    if (reports.unmatched.pop() === undefined) reports.open.push({ awaited, required })
    else if (!required) this.unjudged++
    this.#forgetSettled(payment, reports)
  }

  find(payment: number, record: FoundOutput, task: number, timeMs: number): void {
    const { wait, retention } = this.#waits
    const dueMs = timeMs + Math.min(wait, retention)
    if (dueMs > (this.#latest[task]?.dueMs ?? -Infinity)) this.#latest[task] = { dueMs, record }
    const reports = this.#of(payment)
    const open = reports.open.shift()
    if (!open) reports.unmatched.push(record)
    else if (!open.required) this.unjudged++
    this.#forgetSettled(payment, reports)
  }

  /** A status of the payment has come: it takes the report before it along. */
  matched(payment: number): void {
    const reports = this.#reports.get(payment)
    reports?.unmatched.shift()
    if (reports) this.#forgetSettled(payment, reports)
  }

  /** Takes up to `most` reports of a payment whose status has not come. Returns how many there were. */
  takeUnmatched(payment: number, most: number): number {
    return this.#reports.get(payment)?.unmatched.splice(0, most).length ?? 0
  }

  missing(): AwaitedStatus[] {
    return [...this.#reports.values()]
      .flatMap(({ open }) => open.filter(({ required }) => required).map(({ awaited }) => awaited))
      .filter(({ task, timeMs }) => this.#clocks.least(task) >= timeMs + this.#waits.wait)
      .map((awaited) => ({ ...awaited, text: `UNKNOWN_ORDER, ${awaited.text}` }))
  }

  surplus(): FoundLine[] {
    const note = 'UNKNOWN_ORDER of no payment, twice, or after another status of its payment'
    const unexplained = [...this.#reports.values()].flatMap(({ unmatched }) => unmatched)
    const early = this.#latest.flatMap(({ dueMs, record }, task) => (dueMs > this.#clocks.most(task) ? [record] : []))
    return [
      ...unexplained.map((record) => ({ ...record, note })),
      ...early
        .filter((record) => !unexplained.includes(record))
        .map((record) => ({ ...record, note: 'UNKNOWN_ORDER before its time' })),
    ]
  }

  #of(payment: number): Reports {
    let reports = this.#reports.get(payment)
    if (!reports) this.#reports.set(payment, (reports = { open: [], unmatched: [] }))
    return reports
  }

  #forgetSettled(payment: number, { open, unmatched }: Reports): void {
    if (open.length + unmatched.length === 0) this.#reports.delete(payment)
  }
}
