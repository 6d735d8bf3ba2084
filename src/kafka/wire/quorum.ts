import type { ByteReader } from './byte-reader.ts'
import { NO_TAGS, flexible, writeArray, type Request } from './flexible.ts'

/** The state of KRaft's quorum; 1 is the first version with times (KIP-836, Kafka 3.3). */
export const describeQuorumApi = { apiKey: 55, apiVersion: 1, apiName: 'DescribeQuorum' } as const

const METADATA_TOPIC = '__cluster_metadata'

interface QuorumLeader {
  readonly leader: number
  /** The clock of the active controller while it answered, in ms since 1970; -1: it does not tell. */
  readonly nowMs: number
}

/** Any broker has the active controller answer. */
export const describeQuorumRequest = (): Request<QuorumLeader> =>
  flexible(
    describeQuorumApi,
    (encoder) =>
      writeArray(encoder, [METADATA_TOPIC], (topic) => {
        encoder.writeUVarIntString(topic)
        writeArray(encoder, [0], (partition) => encoder.writeInt32(partition).writeInt8(NO_TAGS)).writeInt8(NO_TAGS)
      }),
    (reader) => {
      const errorCode = reader.int16()
      const found = reader.compactArray(() => {
        reader.compactText() // topic
        const partitions = reader.compactArray(() => readPartition(reader))
        reader.tags()
        return partitions
      })
      const [partition] = found.flat()
      return {
        errorCode: errorCode || (partition?.errorCode ?? 0),
        value: partition ?? { errorCode: 0, leader: -1, nowMs: -1 },
      }
    },
    { throttles: false },
  )

function readPartition(reader: ByteReader): QuorumLeader & { errorCode: number } {
  reader.int32() // partition
  const [errorCode, leader] = [reader.int16(), reader.int32()]
  reader.int32() // leader epoch
  reader.int64() // high watermark
  const replicas = (): { id: number; caughtUpMs: number }[] =>
    reader.compactArray(() => {
      const id = reader.int32()
      reader.int64() // log end offset
      reader.int64() // last fetch
      const caughtUpMs = reader.int64()
      reader.tags()
      return { id, caughtUpMs }
    })
  const voters = replicas()
  replicas() // observers
  reader.tags()
  // of itself the leader says that it is caught up now
  return { errorCode, leader, nowMs: voters.find(({ id }) => id === leader)?.caughtUpMs ?? -1 }
}
