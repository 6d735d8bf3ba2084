import type { ByteReader } from './byte-reader.ts'
import { ABSENT, NO_TAGS, flexible, readPartitions, writeArray, writeIds, type Request } from './flexible.ts'

// Which brokers hold a partition (KIP-455, Kafka 2.4): two requests for the controller that kafkajs does not have in a form that tells
// the error of each partition.

export const alterReassignmentsApi = { apiKey: 45, apiVersion: 0, apiName: 'AlterPartitionReassignments' } as const
export const listReassignmentsApi = { apiKey: 46, apiVersion: 0, apiName: 'ListPartitionReassignments' } as const

interface WantedReplicas {
  readonly partition: number
  /** The preferred leader first. Null: ends the reassignment that is under way. */
  readonly replicas: readonly number[] | null
}

export interface PartitionAnswer {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly message: string
}

/** What a partition's answer is in both requests that change something. */
export const partitionAnswer = (reader: ByteReader, topic: string): PartitionAnswer => ({
  topic,
  partition: reader.int32(),
  errorCode: reader.int16(),
  message: reader.compactText(),
})

/** `timeoutMs`: how long the controller may take to write down what is wanted. */
export const alterReassignmentsRequest = (
  topics: ReadonlyMap<string, readonly WantedReplicas[]>,
  timeoutMs: number,
): Request<PartitionAnswer[]> =>
  flexible(
    alterReassignmentsApi,
    (encoder) =>
      writeArray(encoder.writeInt32(timeoutMs), topics, ([topic, partitions]) => {
        writeArray(encoder.writeUVarIntString(topic), partitions, ({ partition, replicas }) => {
          encoder.writeInt32(partition)
          if (replicas) writeIds(encoder, replicas)
          else encoder.writeUVarInt(ABSENT)
          encoder.writeInt8(NO_TAGS)
        }).writeInt8(NO_TAGS)
      }),
    (reader) => {
      const errorCode = reader.int16()
      reader.compactText() // error message
      return { errorCode, value: readPartitions(reader, (topic) => partitionAnswer(reader, topic)) }
    },
  )

export interface Reassignment {
  readonly topic: string
  readonly partition: number
  /** All that hold it while it moves; those that are to be gone at its end are among them. */
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** The reassignments that are under way. */
export const listReassignmentsRequest = (timeoutMs: number): Request<Reassignment[]> =>
  flexible(
    listReassignmentsApi,
    (encoder) => encoder.writeInt32(timeoutMs).writeUVarInt(ABSENT), // of all topics
    (reader) => {
      const errorCode = reader.int16()
      reader.compactText() // error message
      const ids = (): number[] => reader.compactArray(() => reader.int32())
      return {
        errorCode,
        value: readPartitions(reader, (topic) => ({
          topic,
          partition: reader.int32(),
          replicas: ids(),
          adding: ids(),
          removing: ids(),
        })),
      }
    },
  )
