import type { Client } from '../../kafka/client.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import { readPartition } from '../../kafka/read.ts'
import { payments } from '../../pipeline/events/topics.ts'
import { eventOf } from './folds.ts'
import type { Latency } from './latency.ts'

/** A log that grows faster than this between two looks is skipped, not read. */
const MOST_BEHIND = 20_000

/** Reads what comes to one partition of payments, so that the time to their status can be measured: users are spread evenly, so it stands for all. */
export class PaymentSample {
  readonly #client: Client
  readonly #latency: Latency
  #position: number | undefined

  constructor(client: Client, latency: Latency) {
    this.#client = client
    this.#latency = latency
  }

  /** Begins at what comes from now on. */
  async begin(): Promise<void> {
    this.#position ??= await this.#end()
  }

  stop(): void {
    this.#position = undefined
  }

  async look(): Promise<void> {
    const end = await this.#end()
    const from = this.#position === undefined || end < this.#position || end - this.#position > MOST_BEHIND ? end : this.#position // prettier-ignore
    this.#position = end
    const span = { topic: payments.name, partition: 0, from, to: end, patienceMs: 0 }
    for await (const { records } of readPartition(this.#client.shared, span))
      for (const cursor = records.cursor(); cursor.next() && cursor.offset < end;) {
        const payment = cursor.offset < from ? undefined : eventOf(payments, cursor)
        if (payment) this.#latency.begin(payment.payment_id, cursor.timestamp)
      }
    this.#latency.settle()
  }

  async #end(): Promise<number> {
    const ends = await listOffsets(this.#client.shared, [{ topic: payments.name, partition: 0 }], 'stable')
    return ends.of(payments.name, 0) ?? 0
  }
}
