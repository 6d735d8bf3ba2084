import { configTypes, type ConfigType } from './describe-configs.ts'
import { ABSENT, NO_TAGS, flexible, writeArray, type Request } from './flexible.ts'

/** Changes single settings and leaves the others (KIP-339, Kafka 2.3); kafkajs replaces all of them. */
export const incrementalAlterConfigsApi = { apiKey: 44, apiVersion: 1, apiName: 'IncrementalAlterConfigs' } as const

const SET = 0
const DELETE = 1

export interface ConfigChange {
  readonly type: ConfigType
  /** A topic, or the id of a broker. */
  readonly name: string
  /** Undefined: back to what holds without it. */
  readonly settings: ReadonlyMap<string, string | undefined>
}

interface ConfigAnswer {
  readonly name: string
  readonly errorCode: number
  readonly message: string
}

export const incrementalAlterConfigsRequest = (changes: readonly ConfigChange[]): Request<ConfigAnswer[]> =>
  flexible(
    incrementalAlterConfigsApi,
    (encoder) =>
      writeArray(encoder, changes, ({ type, name, settings }) => {
        encoder.writeInt8(configTypes[type]).writeUVarIntString(name)
        writeArray(encoder, settings, ([setting, value]) => {
          encoder.writeUVarIntString(setting).writeInt8(value === undefined ? DELETE : SET)
          if (value === undefined) encoder.writeUVarInt(ABSENT)
          else encoder.writeUVarIntString(value)
          encoder.writeInt8(NO_TAGS)
        }).writeInt8(NO_TAGS)
      }).writeBoolean(false), // not only to see whether it would do
    (reader) => {
      const value = reader.compactArray(() => {
        const [errorCode, message] = [reader.int16(), reader.compactText()]
        reader.int8() // type
        const name = reader.compactText()
        reader.tags()
        return { name, errorCode, message }
      })
      return { errorCode: 0, value }
    },
  )
