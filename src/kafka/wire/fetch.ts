import { PayflowError } from '../../errors.ts'
import type { RecordCodec } from '../codec.ts'
import type { Exchange } from '../exchange.ts'
import { createErrorFromCode } from '../kafkajs/protocol.ts'
import type { FetchArgs, FetchedPartition, RecordSet } from '../records.ts'
import { decodeRecordSet, noRecords, type FetchedBytes } from './batch-record-set.ts'
import type { RawAnswer } from './fetch-answer.ts'
import { namesById, readByIds, requestByIds } from './fetch-by-ids.ts'
import { readByNames, requestByNames } from './fetch-by-names.ts'
import { decodeRecordSetByKafkajs } from './message-record-set.ts'

/** `withIds`: the first version that asks for topics by their ids, from Kafka 3.1 on. */
export const fetchApi = { apiKey: 1, apiVersion: 11, withIds: 13 } as const

interface FetchResponse extends Omit<RawAnswer, 'partitions'> {
  readonly partitions: FetchedPartition[]
}

/** kafkajs gives the network as much on top of the broker's wait. */
const NETWORK_DELAY_MS = 100

/**
 * A Fetch request for `connectionPool.send`. An error of a partition, and records of it that cannot be read, are part of its result; thrown are
 * errors of the whole fetch. `byIds`: the broker can be asked by topics' ids; that is done where each position has one.
 */
export function fetchRequest(
  args: FetchArgs,
  codec: RecordCodec = 'payflow',
  { byIds = false }: { byIds?: boolean } = {},
): Exchange<FetchedPartition[], FetchResponse> {
  const names = byIds ? namesById(args.partitions) : undefined
  const decodeRecords = codec === 'kafkajs' ? decodeRecordSetByKafkajs : decodeRecordSet
  return {
    request: names ? requestByIds(args) : requestByNames(args),
    response: {
      decode: (payload) => decode(names ? readByIds(payload, names) : readByNames(payload), args, decodeRecords),
      parse: ({ errorCode, partitions }) =>
        errorCode === 0 ? Promise.resolve(partitions) : Promise.reject(createErrorFromCode(errorCode)),
    },
    requestTimeout: args.maxWaitMs + NETWORK_DELAY_MS,
    logResponseError: false,
  }
}

type DecodeRecords = (fetched: FetchedBytes) => Promise<RecordSet>

async function decode(answer: RawAnswer, args: FetchArgs, decodeRecords: DecodeRecords): Promise<FetchResponse> {
  const asked = new Map(args.partitions.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  const offsetOf = (topic: string, partition: number): number => {
    const offset = asked.get(`${topic}/${partition}`)
    if (offset === undefined) throw new Error(`the broker answered for ${topic}[${partition}], which was not asked for`)
    return offset
  }
  const partitions = answer.partitions.map(async ({ bytes, aborted, ...partition }): Promise<FetchedPartition> => {
    const fetchOffset = offsetOf(partition.topic, partition.partition)
    const transactions = args.isolation === 'read_committed' ? { aborted, lastStableOffset: partition.lastStableOffset } : undefined // prettier-ignore
    try {
      return { ...partition, records: await decodeRecords({ bytes, at: partition, fetchOffset, transactions }) }
    } catch (error) {
      if (!(error instanceof PayflowError)) throw error
      return { ...partition, records: noRecords(fetchOffset, partition), unreadable: error }
    }
  })
  return { ...answer, partitions: await Promise.all(partitions) }
}
