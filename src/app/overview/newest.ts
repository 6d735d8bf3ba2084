import type { Client } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { codeOf } from '../../kafka/errors.ts'
import { newestRecords as newestPlaces } from '../../kafka/newest.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { readPartition } from '../../kafka/read.ts'
import type { TailRecord } from '../monitor/model.ts'
import { shownRecord } from './shown-record.ts'

const OFFSET_OUT_OF_RANGE = 1

/** The committed records between two offsets, oldest first. Nothing where they are deleted, or the topic is a new one. @throws what a broker answered */
export async function recordsIn(
  connection: Connection,
  { topic, partition, from, to }: TopicPartition & { readonly from: number; readonly to: number },
): Promise<TailRecord[]> {
  const shown: TailRecord[] = []
  try {
    for await (const { records } of readPartition(connection, { topic, partition, from, to, patienceMs: 0 }))
      for (const cursor = records.cursor(); cursor.next() && cursor.offset < to;)
        if (cursor.offset >= from)
          shown.push(
            shownRecord(topic, partition, {
              ...{ offset: cursor.offset, timestampMs: cursor.timestamp, key: cursor.key(), value: cursor.value() },
            }),
          )
  } catch (error) {
    if (codeOf(error) !== OFFSET_OUT_OF_RANGE) throw error
  }
  return shown
}

/** The last committed records of a partition, newest first. @throws what a broker answered */
export async function newestRecords(client: Client, at: TopicPartition, count: number): Promise<TailRecord[]> {
  const [starts, ends] = await Promise.all([listOffsets(client.shared, [at], 'earliest'), listOffsets(client.shared, [at], 'stable')]) // prettier-ignore
  const [start, end] = [starts.of(at.topic, at.partition) ?? 0, ends.of(at.topic, at.partition) ?? 0]
  const [oldest] = await newestPlaces(client.shared, { ...at, start, end, count, isolation: 'read_committed' })
  if (!oldest) return []
  const records = await recordsIn(client.shared, { ...at, from: oldest.offset, to: end })
  return records.slice(-count).reverse()
}
