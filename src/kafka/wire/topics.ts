import type { ByteReader } from './byte-reader.ts'
import type { Request } from './flexible.ts'
import { plainList, writeList } from './plain.ts'

// What topics there are: three requests for the controller, each topic answering for itself. kafkajs drops what the controller says of them.

export const createTopicsApi = { apiKey: 19, apiVersion: 3, apiName: 'CreateTopics' } as const
/** Version 3 is the first that says that topics cannot be deleted at all. */
export const deleteTopicsApi = { apiKey: 20, apiVersion: 3, apiName: 'DeleteTopics' } as const
export const createPartitionsApi = { apiKey: 37, apiVersion: 1, apiName: 'CreatePartitions' } as const

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  /** Settings of its own. */
  readonly config?: Readonly<Record<string, string>>
}

export interface TopicAnswer {
  readonly topic: string
  readonly errorCode: number
  /** What the controller says besides; often empty. */
  readonly message: string
}

interface Waiting {
  /** How long the controller may take, in ms. */
  readonly timeoutMs: number
  /** Nothing is done: only to see what would be answered. */
  readonly validateOnly?: boolean
}

export const createTopicsRequest = (
  topics: readonly NewTopic[],
  { timeoutMs, validateOnly = false }: Waiting,
): Request<TopicAnswer[]> =>
  plainList(
    createTopicsApi,
    (encoder) =>
      writeList(encoder, topics, ({ topic, partitions, replicationFactor, config = {} }) => {
        encoder.writeString(topic).writeInt32(partitions).writeInt16(replicationFactor)
        encoder.writeInt32(0) // the controller chooses the brokers
        writeList(encoder, Object.entries(config), ([name, value]) => encoder.writeString(name).writeString(value))
      })
        .writeInt32(timeoutMs)
        .writeBoolean(validateOnly),
    readAnswer,
    { timeoutMs },
  )

export const deleteTopicsRequest = (topics: readonly string[], { timeoutMs }: Waiting): Request<TopicAnswer[]> =>
  plainList(
    deleteTopicsApi,
    (encoder) => writeList(encoder, topics, (topic) => encoder.writeString(topic)).writeInt32(timeoutMs),
    (reader) => ({ topic: reader.text(), errorCode: reader.int16(), message: '' }),
    { timeoutMs },
  )

/** `count`: how many a topic is to have. */
export const createPartitionsRequest = (
  topics: readonly { readonly topic: string; readonly count: number }[],
  { timeoutMs }: Waiting,
): Request<TopicAnswer[]> =>
  plainList(
    createPartitionsApi,
    (encoder) =>
      writeList(encoder, topics, ({ topic, count }) => {
        encoder.writeString(topic).writeInt32(count).writeInt32(-1) // the controller chooses the brokers
      })
        .writeInt32(timeoutMs)
        .writeBoolean(false), // not only to see whether it would do
    readAnswer,
    { timeoutMs },
  )

const readAnswer = (reader: ByteReader): TopicAnswer => ({
  topic: reader.text(),
  errorCode: reader.int16(),
  message: reader.text(),
})
