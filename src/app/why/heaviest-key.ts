import type { Connection } from '../../kafka/connection.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { readPartition } from '../../kafka/read.ts'
import { textOf } from '../dead-letters/dead-letter.ts'
import type { HeaviestKey } from './facts.ts'

/** So many waiting records say whose they are. */
const MOST_RECORDS = 5_000
const MAX_BYTES = 1 << 20

/** The most frequent key among the records that wait in a partition: of the first of them. @throws what a broker answered */
export async function heaviestKey(
  connection: Connection,
  { topic, partition, from, to }: TopicPartition & { readonly from: number; readonly to: number },
): Promise<HeaviestKey | undefined> {
  const counts = new Map<string, number>()
  let sampled = 0
  const span = { topic, partition, from, to, maxBytes: MAX_BYTES, patienceMs: 0 }
  for await (const { records } of readPartition(connection, span)) {
    for (const cursor = records.cursor(); cursor.next() && cursor.offset < to && sampled < MOST_RECORDS;) {
      if (cursor.offset < from) continue
      const bytes = cursor.key()
      const key = bytes === null ? 'none' : (textOf(bytes) ?? `hex ${bytes.toString('hex')}`)
      counts.set(key, (counts.get(key) ?? 0) + 1)
      sampled++
    }
    if (sampled >= MOST_RECORDS) break
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  return most && { topic, partition, key: most[0], records: most[1], sampled }
}
