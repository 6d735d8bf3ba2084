import type { ByteReader } from './byte-reader.ts'
import type { Request } from './flexible.ts'
import { plainList, writeList } from './plain.ts'

/** Settings of topics and brokers, defaults among them. kafkajs throws one resource's error away with everybody's answer. */
export const describeConfigsApi = { apiKey: 32, apiVersion: 2, apiName: 'DescribeConfigs' } as const

export const configTypes = { topic: 2, broker: 4 } as const
export type ConfigType = keyof typeof configTypes

interface ConfigEntry {
  readonly name: string
  readonly value: string
  /** Whether it was set for the topic itself: it is not the broker's, or Kafka's default. */
  readonly isOwn: boolean
}

export interface ResourceConfig {
  /** A topic, or the id of a broker. */
  readonly name: string
  readonly errorCode: number
  readonly entries: readonly ConfigEntry[]
}

const OF_THE_TOPIC = 1

/** Those settings, or all. What the broker does not know, keeps secret, or has no value for is absent from the answer. */
export const describeConfigsRequest = (
  type: ConfigType,
  resources: readonly string[],
  settings: readonly string[] | 'all',
): Request<ResourceConfig[]> =>
  plainList(
    describeConfigsApi,
    (encoder) =>
      writeList(encoder, resources, (name) => {
        encoder.writeInt8(configTypes[type]).writeString(name)
        if (settings === 'all') encoder.writeInt32(-1)
        else writeList(encoder, settings, (setting) => encoder.writeString(setting))
      }).writeBoolean(false), // without what a setting's value comes from
    readResource,
  )

function readResource(reader: ByteReader): ResourceConfig {
  const errorCode = reader.int16()
  reader.text() // error message
  reader.int8() // type
  return { errorCode, name: reader.text(), entries: reader.array(() => readEntry(reader)).flat() }
}

function readEntry(reader: ByteReader): ConfigEntry[] {
  const [name, value] = [reader.text(), reader.nullableText()]
  reader.int8() // whether it can be changed
  const isOwn = reader.int8() === OF_THE_TOPIC
  reader.int8() // whether it is a secret
  reader.array(() => {
    reader.text() // name
    reader.text() // value
    reader.int8() // where it comes from
  })
  return value === null ? [] : [{ name, value, isOwn }]
}
