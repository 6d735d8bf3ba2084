import type { AbortedTransaction } from './aborted-transactions.ts'
import type { ByteReader } from './byte-reader.ts'
import type { FetchPosition, FetchedPartition } from '../records.ts'
import type { FetchedBytes } from './batch-record-set.ts'
import type { Transactions } from './decided.ts'

export const isolationLevels = { read_uncommitted: 0, read_committed: 1 }

/** A partition as it was answered: its records still bytes, before what was aborted is taken out. */
export type RawPartition = Omit<FetchedPartition, 'records'> &
  Pick<FetchedBytes, 'bytes'> &
  Pick<Transactions, 'aborted'>

/** What every version says of a partition before its aborted transactions. */
export const readHeader = (reader: ByteReader, topic: string) => ({
  topic,
  partition: reader.int32(),
  errorCode: reader.int16(),
  highWatermark: reader.int64(),
  lastStableOffset: reader.int64(),
  logStartOffset: reader.int64(),
})

export const readAborted = (reader: ByteReader): AbortedTransaction => ({
  producerId: reader.bigInt64(),
  firstOffset: reader.int64(),
})

export interface RawAnswer {
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly partitions: readonly RawPartition[]
}

interface TopicPositions {
  readonly topic: string
  readonly topicId: string | undefined
  readonly partitions: { readonly partition: number; readonly fetchOffset: number; readonly maxBytes: number }[]
}

/** Neighbours of one topic share an entry; the order stays. */
export function byTopic(positions: readonly FetchPosition[]): TopicPositions[] {
  const topics: TopicPositions[] = []
  for (const { topic, topicId, partition, offset, maxBytes } of positions) {
    const position = { partition, fetchOffset: offset, maxBytes }
    const last = topics.at(-1)
    if (last?.topic === topic) last.partitions.push(position)
    else topics.push({ topic, topicId, partitions: [position] })
  }
  return topics
}
