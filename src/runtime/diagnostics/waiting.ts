import type { Connection } from '../../kafka/connection.ts'
import { oldestOpenTransaction, type OpenTransaction } from '../../kafka/open-transactions.ts'
import { readPartition } from '../../kafka/read.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

/** What is looked at of an input. */
export interface WaitingInput extends TopicPartition {
  /** All that a read-committed reader sees is processed. */
  readonly drained: boolean
  /** The last stable offset as last heard. */
  readonly stableEnd: number | undefined
  /** The high watermark as last heard. */
  readonly highWatermark: number | undefined
}

/** Transactions that end sooner are not worth a word. */
const PATIENCE_MS = 5_000
/** The broker is asked again whose it is: the first one may have ended, and another behind it not. */
const LOOK_AGAIN_MS = 10_000
/** Above this the distance is taken for the number of records. */
const COUNTED_OFFSETS = 10_000

export interface WaitingOptions {
  readonly describe: (at: TopicPartition, from: number, to: number) => Promise<{ records: number; transaction: OpenTransaction | undefined }> // prettier-ignore
  readonly onWaiting: (at: TopicPartition, found: { records: number; seconds: number; transaction: OpenTransaction | undefined }) => void // prettier-ignore
  readonly onOver: (at: TopicPartition, seconds: number) => void
}

interface Held {
  readonly stableEnd: number
  readonly sinceMs: number
  lookedMs: number
  told: string | undefined
}

/** Watches inputs whose records lie behind a transaction that somebody has open. */
export class Waiting {
  readonly #options: WaitingOptions
  readonly #held = new Map<string, Held & { at: TopicPartition }>()

  constructor(options: WaitingOptions) {
    this.#options = options
  }

  look(inputs: readonly WaitingInput[], nowMs: number): void {
    const seen = new Set<string>()
    for (const input of inputs) {
      const { topic, partition, drained, stableEnd = 0, highWatermark = 0 } = input
      if (!drained || highWatermark <= stableEnd) continue
      const key = `${topic}/${partition}`
      seen.add(key)
      const known = this.#held.get(key)
      if (known?.stableEnd === stableEnd) {
        if (nowMs - known.sinceMs >= PATIENCE_MS && nowMs - known.lookedMs >= LOOK_AGAIN_MS) void this.#tell(known, highWatermark, nowMs) // prettier-ignore
        continue
      }
      if (known) this.#over(key, nowMs)
      this.#held.set(key, { at: { topic, partition }, stableEnd, sinceMs: nowMs, lookedMs: -Infinity, told: undefined })
    }
    for (const key of this.#held.keys()) if (!seen.has(key)) this.#over(key, nowMs)
  }

  async #tell(held: Held & { at: TopicPartition }, highWatermark: number, nowMs: number): Promise<void> {
    held.lookedMs = nowMs
    const { at, stableEnd, sinceMs } = held
    const { records, transaction } = await this.#options.describe(at, stableEnd, highWatermark)
    // Markers alone make nobody wait.
    if (records === 0 || this.#held.get(`${at.topic}/${at.partition}`) !== held) return
    const what = `${records} ${transaction?.producerId ?? ''}`
    if (held.told === what) return
    held.told = what
    this.#options.onWaiting(at, { records, seconds: Math.round((nowMs - sinceMs) / 1000), transaction })
  }

  #over(key: string, nowMs: number): void {
    const held = this.#held.get(key)
    this.#held.delete(key)
    if (held?.told !== undefined) this.#options.onOver(held.at, Math.round((nowMs - held.sinceMs) / 1000))
  }
}

/** How many records lie behind the last stable offset, and whose transaction that is; what cannot be found out is left out. */
export async function describeWaiting(
  connection: Connection,
  { topic, partition }: TopicPartition,
  from: number,
  to: number,
  onFailure: (error: unknown) => void,
): Promise<{ records: number; transaction: OpenTransaction | undefined }> {
  const count = async (): Promise<number> => {
    if (to - from > COUNTED_OFFSETS) return to - from
    let records = 0
    const options = { topic, partition, from, to, isolation: 'read_uncommitted', patienceMs: 0 } as const
    for await (const { records: set } of readPartition(connection, options))
      for (const cursor = set.cursor(); cursor.next();) if (cursor.offset < to) records++
    return records
  }
  const [records, transaction] = await Promise.allSettled([
    count(),
    oldestOpenTransaction(connection, { topic, partition }),
  ])
  for (const result of [records, transaction]) if (result.status === 'rejected') onFailure(result.reason)
  return {
    records: records.status === 'fulfilled' ? records.value : to - from,
    transaction: transaction.status === 'fulfilled' ? transaction.value : undefined,
  }
}
