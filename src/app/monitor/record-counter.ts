import type { Client } from '../../kafka/client.ts'
import { listOffsets, OffsetMap } from '../../kafka/offsets.ts'
import { countSpans } from '../../kafka/count.ts'

interface Position {
  offset: number
  records: number
}

/**
 * Counts the records that a read-committed reader sees in topics that are written in transactions: their offsets also
 * count commit markers and aborted records. Each count reads only what came since the one before.
 */
export class RecordCounter {
  readonly #client: Client
  readonly #positions = new Map<string, Position>()
  readonly #from: 'earliest' | 'stable'

  /** `earliest` counts what is there already too, `stable` only what comes. */
  constructor(client: Client, from: 'earliest' | 'stable') {
    this.#client = client
    this.#from = from
  }

  /** Records by topic. */
  async count(partitions: readonly { topic: string; partition: number }[]): Promise<Map<string, number>> {
    const connection = this.#client.shared
    const fresh = partitions.filter(({ topic, partition }) => !this.#positions.has(OffsetMap.keyOf(topic, partition)))
    if (fresh.length > 0) {
      const starts = await listOffsets(connection, fresh, this.#from)
      for (const { topic, partition } of fresh)
        this.#positions.set(OffsetMap.keyOf(topic, partition), { offset: starts.of(topic, partition) ?? 0, records: 0 })
    }
    const [begins, ends] = await Promise.all([listOffsets(connection, partitions, 'earliest'), listOffsets(connection, partitions, 'stable')]) // prettier-ignore
    const spans = partitions.map(({ topic, partition }) => {
      const position = this.#positions.get(OffsetMap.keyOf(topic, partition))!
      const to = ends.of(topic, partition) ?? position.offset
      if (to < position.offset) Object.assign(position, { offset: 0, records: 0 }) // the topic was re-created
      const from = Math.max(position.offset, begins.of(topic, partition) ?? 0) // what was before is deleted
      return { topic, partition, from, to, position }
    })
    await countSpans(connection, spans, ({ position }, { records, nextOffset }) => {
      position.records += records
      position.offset = nextOffset
    })
    const counts = new Map<string, number>()
    for (const { topic, partition } of partitions)
      counts.set(topic, (counts.get(topic) ?? 0) + this.#positions.get(OffsetMap.keyOf(topic, partition))!.records)
    return counts
  }
}
