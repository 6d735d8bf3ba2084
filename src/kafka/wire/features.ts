import type { Exchange } from '../exchange.ts'
import { KafkajsEncoder, createErrorFromCode } from '../kafkajs/protocol.ts'
import { ByteReader } from './byte-reader.ts'
import { NO_TAGS } from './flexible.ts'

/** The first version that tells of features (KIP-584); kafkajs ends at 2. */
export const featuresApi = { apiKey: 18, apiVersion: 3, apiName: 'ApiVersions' } as const

/** What the cluster has agreed on, by name: the highest level that is in use. */
export type Features = ReadonlyMap<string, number>

interface FeaturesResponse {
  readonly errorCode: number
  readonly features: Features
}

/** The tagged field of an answer with what is in use. */
const FINALIZED = 2

export const featuresRequest = (): Exchange<Features, FeaturesResponse> => ({
  request: {
    ...featuresApi,
    encode: () =>
      Promise.resolve(
        new KafkajsEncoder()
          .writeInt8(NO_TAGS)
          .writeUVarIntString('payflow')
          .writeUVarIntString('1') // the software's version, which brokers only count
          .writeInt8(NO_TAGS),
      ),
  },
  response: {
    decode: (payload) => Promise.resolve(decode(payload)),
    parse: ({ errorCode, features }) =>
      errorCode === 0 ? Promise.resolve(features) : Promise.reject(createErrorFromCode(errorCode)),
  },
  logResponseError: false,
})

/** The header of this answer has no tags in any version: whoever asks does not know yet what the broker speaks. */
function decode(payload: Buffer): FeaturesResponse {
  const reader = new ByteReader(payload)
  const errorCode = reader.int16()
  reader.compactArray(() => {
    reader.position += 6 // key, first and last version
    reader.tags()
  })
  reader.int32() // throttle time
  let features: Features = new Map()
  for (let left = reader.uvarint(); left > 0; left--) {
    const tag = reader.uvarint()
    const end = reader.uvarint() + reader.position
    if (tag === FINALIZED) features = new Map(reader.compactArray(() => readFeature(reader)))
    reader.position = end
  }
  return { errorCode, features }
}

function readFeature(reader: ByteReader): [string, number] {
  const name = reader.compactText()
  const level = reader.int16()
  reader.int16() // the lowest in use
  reader.tags()
  return [name, level]
}
