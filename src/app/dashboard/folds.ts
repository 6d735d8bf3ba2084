import type { RecordCursor } from '../../kafka/records.ts'
import { decodeRecord } from '../../pipeline/codec/decode.ts'
import {
  DEAD_LETTERS,
  aggregatedRevenue,
  frequentFailedPayments,
  largeOrders,
  orderStatus,
  type TopicSpec,
} from '../../pipeline/events/topics.ts'
import { Attention } from './attention.ts'
import { Latency } from './latency.ts'
import { Letters } from './letters.ts'
import { Money } from './money.ts'

/** The event of a record; undefined for what somebody else has written there. */
export function eventOf<Event>({ shape }: TopicSpec<Event>, record: RecordCursor): Event | undefined {
  const scanned = record.valueIsNull ? undefined : shape.scan?.(record.bytes, record.valueStart, record.valueEnd)
  if (scanned !== undefined) return scanned
  const decoded = decodeRecord({ shape }, record.value())
  return 'event' in decoded ? decoded.event : undefined
}

const copyOf = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes))

/** Everything that is computed from what the workers have committed, record by record. */
export class Folds {
  readonly money = new Money()
  readonly letters = new Letters()
  readonly latency = new Latency()
  attention = new Attention()
  /** Whether statuses are to be matched with payments. */
  timing = false

  readonly take = (topic: string, partition: number, record: RecordCursor): void => {
    switch (topic) {
      case aggregatedRevenue.name: {
        const total = eventOf(aggregatedRevenue, record)
        if (total) this.money.takeTotal(total)
        return
      }
      case orderStatus.name: {
        const status = eventOf(orderStatus, record)
        if (!status) return
        this.money.takeStatus(status)
        this.attention.takeStatus(status, record.timestamp)
        if (this.timing) this.latency.end(status.payment_id, record.timestamp)
        return
      }
      case largeOrders.name: {
        const large = eventOf(largeOrders, record)
        if (large) this.attention.takeLarge(large, record.timestamp)
        return
      }
      case frequentFailedPayments.name: {
        const frequent = eventOf(frequentFailedPayments, record)
        if (frequent) this.attention.takeFrequent(frequent, record.timestamp)
        return
      }
      case DEAD_LETTERS:
        this.#takeLetter(topic, partition, record)
    }
  }

  readonly forget = (topic: string): void => {
    this.money.forget(topic)
    if (topic === DEAD_LETTERS) this.letters.forget()
    this.attention = new Attention()
  }

  /** Copies: a few letters are kept, and must not keep all that was fetched with them. */
  #takeLetter(topic: string, partition: number, record: RecordCursor): void {
    const { offset, timestamp: timestampMs } = record
    const headers = record.headers().map(({ key, value }) => ({ key, value: copyOf(value) }))
    const copied = { topic, partition, offset, timestampMs, key: copyOf(record.key()), value: copyOf(record.value()) }
    const letter = this.letters.take({ ...copied, headers })
    if (letter) this.attention.takeLetter(letter)
  }
}
