import { PayflowError } from '../../errors.ts'
import type { RecordCodec } from '../codec.ts'
import type { AbortedTransaction } from './aborted-transactions.ts'
import type { Transactions } from './decided.ts'
import { decodeRecordSet, noRecords, type FetchedBytes } from './batch-record-set.ts'
import { ByteReader } from './byte-reader.ts'
import type { Exchange } from '../exchange.ts'
import { createErrorFromCode, encodeFetchV11 } from '../kafkajs/protocol.ts'
import type { FetchArgs, FetchPosition, FetchedPartition, RecordSet } from '../records.ts'
import { decodeRecordSetByKafkajs } from './message-record-set.ts'

export const fetchApi = { apiKey: 1, apiVersion: 11 } as const

interface FetchResponse {
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly partitions: FetchedPartition[]
}

const isolationLevels = { read_uncommitted: 0, read_committed: 1 }
/** kafkajs gives the network as much on top of the broker's wait. */
const NETWORK_DELAY_MS = 100

/**
 * A Fetch request for `connectionPool.send`. An error of a partition, and records of it that cannot be read, are part of its result; thrown are
 * errors of the whole fetch.
 */
export function fetchRequest(
  args: FetchArgs,
  codec: RecordCodec = 'payflow',
): Exchange<FetchedPartition[], FetchResponse> {
  return {
    request: encodeFetchV11({
      replicaId: -1,
      isolationLevel: isolationLevels[args.isolation],
      maxWaitTime: args.maxWaitMs,
      minBytes: args.minBytes,
      maxBytes: args.maxBytes,
      topics: byTopic(args.partitions),
    }),
    response: {
      decode: (payload) => decode(payload, args, codec === 'kafkajs' ? decodeRecordSetByKafkajs : decodeRecordSet),
      parse: ({ errorCode, partitions }) =>
        errorCode === 0 ? Promise.resolve(partitions) : Promise.reject(createErrorFromCode(errorCode)),
    },
    requestTimeout: args.maxWaitMs + NETWORK_DELAY_MS,
    logResponseError: false,
  }
}

interface TopicPositions {
  readonly topic: string
  readonly partitions: { readonly partition: number; readonly fetchOffset: number; readonly maxBytes: number }[]
}

/** Neighbours of one topic share an entry; the order stays. */
function byTopic(positions: readonly FetchPosition[]): TopicPositions[] {
  const topics: TopicPositions[] = []
  for (const { topic, partition, offset, maxBytes } of positions) {
    const position = { partition, fetchOffset: offset, maxBytes }
    const last = topics.at(-1)
    if (last?.topic === topic) last.partitions.push(position)
    else topics.push({ topic, partitions: [position] })
  }
  return topics
}

type DecodeRecords = (fetched: FetchedBytes) => Promise<RecordSet>

async function decode(payload: Buffer, args: FetchArgs, decodeRecords: DecodeRecords): Promise<FetchResponse> {
  const reader = new ByteReader(payload)
  const clientSideThrottleTime = reader.int32()
  const errorCode = reader.int16()
  reader.int32() // session id: sessions are for followers
  const topics = reader.array(() => {
    const topic = reader.text()
    return reader.array(() => readPartition(reader, topic))
  })
  const asked = new Map(args.partitions.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  const offsetOf = (topic: string, partition: number): number => {
    const offset = asked.get(`${topic}/${partition}`)
    if (offset === undefined) throw new Error(`the broker answered for ${topic}[${partition}], which was not asked for`)
    return offset
  }
  const partitions = topics.flat().map(async ({ bytes, aborted, ...partition }): Promise<FetchedPartition> => {
    const fetchOffset = offsetOf(partition.topic, partition.partition)
    const transactions = args.isolation === 'read_committed' ? { aborted, lastStableOffset: partition.lastStableOffset } : undefined // prettier-ignore
    try {
      return { ...partition, records: await decodeRecords({ bytes, at: partition, fetchOffset, transactions }) }
    } catch (error) {
      if (!(error instanceof PayflowError)) throw error
      return { ...partition, records: noRecords(fetchOffset, partition), unreadable: error }
    }
  })
  return { clientSideThrottleTime, errorCode, partitions: await Promise.all(partitions) }
}

type RawPartition = Omit<FetchedPartition, 'records'> & Pick<FetchedBytes, 'bytes'> & Pick<Transactions, 'aborted'>

function readPartition(reader: ByteReader, topic: string): RawPartition {
  const header = {
    topic,
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: reader.int64(),
    lastStableOffset: reader.int64(),
    logStartOffset: reader.int64(),
    aborted: reader.array((): AbortedTransaction => ({ producerId: reader.bigInt64(), firstOffset: reader.int64() })),
  }
  reader.int32() // preferred read replica: none without a rack
  return { ...header, bytes: reader.bytes() }
}
