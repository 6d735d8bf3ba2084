import { ByteReader } from './byte-reader.ts'
import type { Exchange } from '../exchange.ts'
import { KafkajsEncoder, createErrorFromCode } from '../kafkajs/protocol.ts'

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

interface TxnOffsetCommitResponse {
  readonly clientSideThrottleTime: number
  /** The first of a partition; 0: none. */
  readonly errorCode: number
}

/** An offset of a group for `connectionPool.send`, as part of a transaction. */
export const txnOffsetCommitRequest = (args: TxnOffsetCommit): Exchange<undefined, TxnOffsetCommitResponse> => ({
  request: {
    ...(args.enlists ? enlistingOffsetCommitApi : txnOffsetCommitApi),
    encode: () => Promise.resolve(encode(args)),
  },
  response: {
    decode: (payload) => Promise.resolve(decode(payload)),
    parse: ({ errorCode }) =>
      errorCode === 0 ? Promise.resolve(undefined) : Promise.reject(createErrorFromCode(errorCode)),
  },
  logResponseError: false,
})

/** In a flexible version (KIP-482) tagged fields end the request's header, which kafkajs writes without them, and every structure. */
const NO_TAGS = 0
/** A compact string that is null. */
const ABSENT = 0
const NO_LEADER_EPOCH = -1

function encode({
  transactionalId,
  groupId,
  producerId,
  producerEpoch,
  place,
  topics,
}: TxnOffsetCommit): KafkajsEncoder {
  const encoder = new KafkajsEncoder()
    .writeInt8(NO_TAGS)
    .writeUVarIntString(transactionalId)
    .writeUVarIntString(groupId)
    .writeInt64(producerId)
    .writeInt16(producerEpoch)
    .writeInt32(place.generation)
    .writeUVarIntString(place.memberId)
    .writeUVarInt(ABSENT) // group instance
    .writeUVarInt(topics.size + 1)
  for (const [topic, partitions] of topics) {
    encoder.writeUVarIntString(topic).writeUVarInt(partitions.length + 1)
    for (const { partition, offset } of partitions)
      encoder
        .writeInt32(partition)
        .writeInt64(offset)
        .writeInt32(NO_LEADER_EPOCH)
        .writeUVarInt(ABSENT) // metadata
        .writeInt8(NO_TAGS)
    encoder.writeInt8(NO_TAGS)
  }
  return encoder.writeInt8(NO_TAGS)
}

function decode(payload: Buffer): TxnOffsetCommitResponse {
  const reader = new ByteReader(payload)
  reader.tags()
  const clientSideThrottleTime = reader.int32()
  const topics = reader.compactArray(() => {
    reader.compactText() // topic
    const codes = reader.compactArray(() => {
      reader.int32() // partition
      const code = reader.int16()
      reader.tags()
      return code
    })
    reader.tags()
    return codes
  })
  return { clientSideThrottleTime, errorCode: topics.flat().find((code) => code !== 0) ?? 0 }
}
