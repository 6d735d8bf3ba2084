import type { ByteReader } from './byte-reader.ts'
import { ABSENT, NO_TAGS, flexible, readPartitions, writeArray, type Encoder, type Request } from './flexible.ts'

/** The first version that says who commits (KIP-447): a member that the group has put out is refused. kafkajs ends at 1. */
export const txnOffsetCommitApi = { apiKey: 28, apiVersion: 3, apiName: 'TxnOffsetCommit' } as const
/** The first version with which the group's coordinator takes the group into the transaction (KIP-890); its bytes are those of version 3. */
export const enlistingOffsetCommitApi = { ...txnOffsetCommitApi, apiVersion: 5 } as const

/** Whom the group's coordinator takes a request from: a member in a generation. */
export interface GroupPlace {
  readonly memberId: string
  readonly generation: number
}

/** Not a member. The coordinator then takes a transaction's offsets whoever the members are. */
export const nobody: GroupPlace = { memberId: '', generation: -1 }

export interface TxnOffsetCommit {
  readonly transactionalId: string
  readonly groupId: string
  readonly producerId: string
  readonly producerEpoch: number
  readonly place: GroupPlace
  /** The group's coordinator takes it into the transaction; otherwise the transaction's coordinator has been told of it. */
  readonly enlists?: boolean
  readonly topics: ReadonlyMap<string, readonly { readonly partition: number; readonly offset: number }[]>
}

const NO_LEADER_EPOCH = -1

/** An offset of a group for `connectionPool.send`, as part of a transaction. */
export const txnOffsetCommitRequest = (args: TxnOffsetCommit): Request<undefined> =>
  flexible(args.enlists ? enlistingOffsetCommitApi : txnOffsetCommitApi, (encoder) => encode(encoder, args), read)

function encode(
  encoder: Encoder,
  { transactionalId, groupId, producerId, producerEpoch, place, topics }: TxnOffsetCommit,
): Encoder {
  encoder
    .writeUVarIntString(transactionalId)
    .writeUVarIntString(groupId)
    .writeInt64(producerId)
    .writeInt16(producerEpoch)
    .writeInt32(place.generation)
    .writeUVarIntString(place.memberId)
    .writeUVarInt(ABSENT) // group instance
  return writeArray(encoder, topics, ([topic, partitions]) => {
    encoder.writeUVarIntString(topic)
    writeArray(encoder, partitions, ({ partition, offset }) =>
      encoder
        .writeInt32(partition)
        .writeInt64(offset)
        .writeInt32(NO_LEADER_EPOCH)
        .writeUVarInt(ABSENT) // metadata
        .writeInt8(NO_TAGS),
    )
    encoder.writeInt8(NO_TAGS)
  })
}

/** The first error of a partition counts. */
function read(reader: ByteReader): { errorCode: number; value: undefined } {
  const codes = readPartitions(reader, () => {
    reader.int32() // partition
    return reader.int16()
  })
  return { errorCode: codes.find((code) => code !== 0) ?? 0, value: undefined }
}
