import type { Exchange } from '../exchange.ts'
import { KafkajsEncoder, createErrorFromCode } from '../kafkajs/protocol.ts'
import { ByteReader } from './byte-reader.ts'

/** Tagged fields, of which we send none, end a flexible request's header, which kafkajs writes without them, and every structure (KIP-482). */
export const NO_TAGS = 0
/** A compact array or text that is null. */
export const ABSENT = 0

interface Api {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
}

interface Response<Value> {
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly value: Value
}
export type Request<Value> = Exchange<Value, Response<Value>>
export type Encoder = KafkajsEncoder

/**
 * A request in a flexible version. `encode` writes the body up to its tags; `read` reads the answer from behind its throttle time, which all
 * but the requests about the quorum have there (`throttles`). The answer's header has tags, but for ApiVersions (`headerTags`). @throws (sending it) the broker's error for an `errorCode` that is not 0
 */
export function flexible<Value>(
  api: Api,
  encode: (encoder: Encoder) => Encoder,
  read: (reader: ByteReader) => { errorCode: number; value: Value },
  { throttles = true, headerTags = true }: { throttles?: boolean; headerTags?: boolean } = {},
): Request<Value> {
  return {
    request: {
      ...api,
      encode: () => Promise.resolve(encode(new KafkajsEncoder().writeInt8(NO_TAGS)).writeInt8(NO_TAGS)),
    },
    response: {
      decode: (payload) => {
        const reader = new ByteReader(payload)
        if (headerTags) reader.tags()
        return Promise.resolve({ clientSideThrottleTime: throttles ? reader.int32() : 0, ...read(reader) })
      },
      parse: parseAnswer,
    },
    logResponseError: false,
  }
}

export const parseAnswer = <Value>({ errorCode, value }: Response<Value>): Promise<Value> =>
  errorCode === 0 ? Promise.resolve(value) : Promise.reject(createErrorFromCode(errorCode))

/** Writes a compact array. */
export function writeArray<Item>(encoder: Encoder, items: Iterable<Item>, write: (item: Item) => void): Encoder {
  const all = [...items]
  encoder.writeUVarInt(all.length + 1)
  for (const item of all) write(item)
  return encoder
}

export const writeIds = (encoder: Encoder, ids: readonly number[]): Encoder =>
  writeArray(encoder, ids, (id) => encoder.writeInt32(id))

/** Reads a compact array of topics with an array of partitions each, as one list. `read` reads a partition up to its tags. */
export function readPartitions<Item>(reader: ByteReader, read: (topic: string) => Item): Item[] {
  const topics = reader.compactArray(() => {
    const topic = reader.compactText()
    const partitions = reader.compactArray(() => {
      const item = read(topic)
      reader.tags()
      return item
    })
    reader.tags()
    return partitions
  })
  return topics.flat()
}
