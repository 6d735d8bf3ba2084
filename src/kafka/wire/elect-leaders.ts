import { NO_TAGS, flexible, readPartitions, writeArray, writeIds, type Request } from './flexible.ts'
import { partitionAnswer, type PartitionAnswer } from './reassignments.ts'

/** For the controller (KIP-460, Kafka 2.4). kafkajs does not have it. */
export const electLeadersApi = { apiKey: 43, apiVersion: 2, apiName: 'ElectLeaders' } as const

const PREFERRED = 0

/** Makes the preferred replica of each partition its leader; each answers for itself. */
export const electLeadersRequest = (
  topics: ReadonlyMap<string, readonly number[]>,
  timeoutMs: number,
): Request<PartitionAnswer[]> =>
  flexible(
    electLeadersApi,
    (encoder) =>
      writeArray(encoder.writeInt8(PREFERRED), topics, ([topic, partitions]) =>
        writeIds(encoder.writeUVarIntString(topic), partitions).writeInt8(NO_TAGS),
      ).writeInt32(timeoutMs),
    (reader) => {
      const errorCode = reader.int16()
      return { errorCode, value: readPartitions(reader, (topic) => partitionAnswer(reader, topic)) }
    },
  )
