import type { EncodableRequest } from '../exchange.ts'
import { KafkajsEncoder } from '../kafkajs/protocol.ts'
import type { FetchArgs, FetchPosition } from '../records.ts'
import { ByteReader } from './byte-reader.ts'
import { byTopic, isolationLevels, readAborted, readHeader, type RawAnswer, type RawPartition } from './fetch-answer.ts'
import { NO_TAGS, writeArray, type Encoder } from './flexible.ts'

/** The first version that asks for topics by their ids (KIP-516). kafkajs ends at 11. */
const api = { apiKey: 1, apiVersion: 13, apiName: 'Fetch' } as const
/** Of no use to a consumer that reads from leaders, without a fetch session and without the epochs of leaders. */
const none = { replica: -1, session: 0, sessionEpoch: -1, leaderEpoch: -1, logStart: -1 } as const
const EMPTY = 1

/** By topic id, if each position has one. */
export function namesById(positions: readonly FetchPosition[]): ReadonlyMap<string, string> | undefined {
  const names = new Map<string, string>()
  for (const { topic, topicId } of positions) {
    if (topicId === undefined) return undefined
    names.set(topicId, topic)
  }
  return names
}

export const requestByIds = (args: FetchArgs): EncodableRequest => ({
  ...api,
  encode: () => Promise.resolve(encode(args)),
})

function encode(args: FetchArgs): Encoder {
  const encoder = new KafkajsEncoder()
    .writeInt8(NO_TAGS)
    .writeInt32(none.replica)
    .writeInt32(args.maxWaitMs)
    .writeInt32(args.minBytes)
    .writeInt32(args.maxBytes)
    .writeInt8(isolationLevels[args.isolation])
    .writeInt32(none.session)
    .writeInt32(none.sessionEpoch)
  writeArray(encoder, byTopic(args.partitions), ({ topicId = '', partitions }) => {
    for (let at = 0; at < 32; at += 8) encoder.writeInt32(Number.parseInt(topicId.slice(at, at + 8), 16) | 0)
    writeArray(encoder, partitions, ({ partition, fetchOffset, maxBytes }) => {
      encoder.writeInt32(partition).writeInt32(none.leaderEpoch).writeInt64(fetchOffset).writeInt32(none.leaderEpoch)
      encoder.writeInt64(none.logStart).writeInt32(maxBytes).writeInt8(NO_TAGS)
    })
    encoder.writeInt8(NO_TAGS)
  })
  // forgotten topics of a session, rack
  return encoder.writeUVarInt(EMPTY).writeUVarInt(EMPTY).writeInt8(NO_TAGS)
}

/** `names`: by topic id, those that were asked for. */
export function readByIds(payload: Buffer, names: ReadonlyMap<string, string>): RawAnswer {
  const reader = new ByteReader(payload)
  reader.tags()
  const clientSideThrottleTime = reader.int32()
  const errorCode = reader.int16()
  reader.int32() // session id
  const topics = reader.compactArray(() => {
    const id = reader.uuid()
    const topic = names.get(id)
    if (topic === undefined) throw new Error(`the broker answered for the topic with id ${id}, which was not asked for`)
    const partitions = reader.compactArray(() => readPartition(reader, topic))
    reader.tags()
    return partitions
  })
  return { clientSideThrottleTime, errorCode, partitions: topics.flat() }
}

function readPartition(reader: ByteReader, topic: string): RawPartition {
  const header = {
    ...readHeader(reader, topic),
    aborted: reader.compactArray(() => {
      const transaction = readAborted(reader)
      reader.tags()
      return transaction
    }),
  }
  reader.int32() // preferred read replica: none without a rack
  const bytes = reader.compactBytes()
  reader.tags()
  return { ...header, bytes }
}
