import { flexible, type Request } from './flexible.ts'

/** The first version that begins a new epoch of the producer with each end (KIP-890). kafkajs ends at 1. */
export const endTxnApi = { apiKey: 26, apiVersion: 5, apiName: 'EndTxn' } as const

export interface EndTxn {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
  /** Aborts otherwise. */
  readonly commits: boolean
}

/** The producer's next epoch; another id, when the epochs of this one are used up. */
export interface NextEpoch {
  readonly producerId: string
  readonly producerEpoch: number
}

export const endTxnRequest = ({ transactionalId, producerId, producerEpoch, commits }: EndTxn): Request<NextEpoch> =>
  flexible(
    endTxnApi,
    (encoder) =>
      encoder
        .writeUVarIntString(transactionalId)
        .writeInt64(producerId)
        .writeInt16(producerEpoch)
        .writeBoolean(commits),
    (reader) => ({
      errorCode: reader.int16(),
      value: { producerId: String(reader.bigInt64()), producerEpoch: reader.int16() },
    }),
  )
