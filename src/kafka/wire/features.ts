import type { ByteReader } from './byte-reader.ts'
import { flexible, type Request } from './flexible.ts'

/** The first version that tells of features (KIP-584); kafkajs ends at 2. */
export const featuresApi = { apiKey: 18, apiVersion: 3, apiName: 'ApiVersions' } as const

/** What the cluster has agreed on, by name: the highest level that is in use. */
export type Features = ReadonlyMap<string, number>

/** The tagged field of an answer with what is in use. */
const FINALIZED = 2

/** Whoever asks does not know yet what the broker speaks: the header of the answer has no tags in any version. */
export const featuresRequest = (): Request<Features> =>
  flexible(
    featuresApi,
    // the software's name and version, which brokers only count
    (encoder) => encoder.writeUVarIntString('payflow').writeUVarIntString('1'),
    (reader) => ({ errorCode: reader.int16(), value: readFeatures(reader) }),
    { throttles: false, headerTags: false },
  )

function readFeatures(reader: ByteReader): Features {
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
  return features
}

function readFeature(reader: ByteReader): [string, number] {
  const name = reader.compactText()
  const level = reader.int16()
  reader.int16() // the lowest in use
  reader.tags()
  return [name, level]
}
