import type { ByteReader } from './byte-reader.ts'
import { NO_TAGS, flexible, type Request } from './flexible.ts'

// Who has a transaction open (KIP-664, Kafka 2.8 and later): three requests that kafkajs does not have, in their version 0.

export const describeProducersApi = { apiKey: 61, apiVersion: 0, apiName: 'DescribeProducers' } as const
export const describeTransactionsApi = { apiKey: 65, apiVersion: 0, apiName: 'DescribeTransactions' } as const
export const listTransactionsApi = { apiKey: 66, apiVersion: 0, apiName: 'ListTransactions' } as const

export interface ActiveProducer {
  readonly producerId: string
  /** ms since 1970; -1: unknown. */
  readonly lastTimestamp: number
  /** Where its open transaction begins in this partition; -1: it has none. */
  readonly transactionStart: number
}

export interface TransactionDescription {
  readonly transactionalId: string
  readonly state: string
  readonly timeoutMs: number
  /** ms since 1970; -1: none is open. */
  readonly startedAt: number
}

/** To be sent to the partition's leader. */
export const describeProducersRequest = (topic: string, partition: number): Request<ActiveProducer[]> =>
  flexible(
    describeProducersApi,
    (encoder) =>
      encoder.writeUVarInt(2).writeUVarIntString(topic).writeUVarInt(2).writeInt32(partition).writeInt8(NO_TAGS),
    (reader) => {
      const partitions = reader.compactArray(() => {
        reader.compactText() // topic
        const found = reader.compactArray(() => readPartition(reader))
        reader.tags()
        return found
      })
      return { errorCode: partitions[0]?.[0]?.errorCode ?? 0, value: partitions[0]?.[0]?.producers ?? [] }
    },
  )

function readPartition(reader: ByteReader): { errorCode: number; producers: ActiveProducer[] } {
  reader.int32() // partition
  const errorCode = reader.int16()
  reader.compactText() // error message
  const producers = reader.compactArray((): ActiveProducer => {
    const producerId = String(reader.bigInt64())
    reader.int32() // producer epoch
    reader.int32() // last sequence number
    const lastTimestamp = reader.int64()
    reader.int32() // coordinator epoch
    const transactionStart = reader.int64()
    reader.tags()
    return { producerId, lastTimestamp, transactionStart }
  })
  reader.tags()
  return { errorCode, producers }
}

/** Transactional ids of these producer ids that the broker coordinates; every broker has to be asked. */
export const listTransactionsRequest = (
  producerIds: readonly string[],
): Request<{ transactionalId: string; producerId: string }[]> =>
  flexible(
    listTransactionsApi,
    (encoder) => {
      encoder.writeUVarInt(1).writeUVarInt(producerIds.length + 1) // transactions in any state
      for (const id of producerIds) encoder.writeInt64(id)
      return encoder
    },
    (reader) => {
      const errorCode = reader.int16()
      reader.compactArray(() => reader.compactText()) // states that the broker does not know
      const value = reader.compactArray(() => {
        const transactionalId = reader.compactText()
        const producerId = String(reader.bigInt64())
        reader.compactText() // state
        reader.tags()
        return { transactionalId, producerId }
      })
      return { errorCode, value }
    },
  )

/** To be sent to the transactional id's coordinator. */
export const describeTransactionRequest = (transactionalId: string): Request<TransactionDescription | undefined> =>
  flexible(
    describeTransactionsApi,
    (encoder) => encoder.writeUVarInt(2).writeUVarIntString(transactionalId),
    (reader) => {
      const [found] = reader.compactArray(() => {
        const errorCode = reader.int16()
        const id = reader.compactText()
        const state = reader.compactText()
        const timeoutMs = reader.int32()
        const startedAt = reader.int64()
        reader.int64() // producer id
        reader.int16() // producer epoch
        reader.compactArray(() => {
          reader.compactText() // topic
          reader.compactArray(() => reader.int32())
          reader.tags()
        })
        reader.tags()
        return { errorCode, value: { transactionalId: id, state, timeoutMs, startedAt } }
      })
      return { errorCode: found?.errorCode ?? 0, value: found?.value }
    },
  )
