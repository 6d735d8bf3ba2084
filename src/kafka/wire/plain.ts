import { KafkajsEncoder } from '../kafkajs/protocol.ts'
import { ByteReader } from './byte-reader.ts'
import { parseAnswer, type Encoder, type Request } from './flexible.ts'

interface Api {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
}

/** NOT_CONTROLLER: each item of an answer says so; it is the failure of the whole request. */
const NOT_CONTROLLER = 41

interface Options {
  /** ms; what the broker itself may take. */
  readonly timeoutMs?: number
}

/**
 * A request in a version that is not flexible, whose answer is a throttle time and a list in which each item has an error of its own.
 * `encode` writes the body, `readItem` reads an item. @throws (sending it) NOT_CONTROLLER
 */
export function plainList<Item extends { readonly errorCode: number }>(
  api: Api,
  encode: (encoder: Encoder) => Encoder,
  readItem: (reader: ByteReader) => Item,
  { timeoutMs = 0 }: Options = {},
): Request<Item[]> {
  return {
    request: { ...api, encode: () => Promise.resolve(encode(new KafkajsEncoder())) },
    response: {
      decode: (payload) => {
        const reader = new ByteReader(payload)
        const clientSideThrottleTime = reader.int32()
        const value = reader.array(() => readItem(reader))
        const errorCode = value.some((item) => item.errorCode === NOT_CONTROLLER) ? NOT_CONTROLLER : 0
        return Promise.resolve({ clientSideThrottleTime, errorCode, value })
      },
      parse: parseAnswer,
    },
    requestTimeout: timeoutMs + 2_000,
    logResponseError: false,
  }
}

/** Writes an array with its length in 32 bits. */
export function writeList<Item>(encoder: Encoder, items: readonly Item[], write: (item: Item) => void): Encoder {
  encoder.writeInt32(items.length)
  for (const item of items) write(item)
  return encoder
}
