import { describe, expect, test } from 'vitest'
import type { Client } from '../../../../src/kafka/client.ts'
import type { Connection } from '../../../../src/kafka/connection.ts'
import type { Exchange } from '../../../../src/kafka/exchange.ts'
import { OutputBuffers, type PartitionRecords } from '../../../../src/kafka/output-buffers.ts'
import type { ProduceResult } from '../../../../src/kafka/records.ts'
import type { Broker } from '../../../../src/kafka/transport.ts'
import { ByteReader } from '../../../../src/kafka/wire/byte-reader.ts'
import { TransactionalProducer } from '../../../../src/runtime/producers/transactional.ts'

const CONCURRENT_TRANSACTIONS = 51
const NOT_LEADER = 6

interface Asked {
  readonly partition: number
  readonly epoch: number
  readonly sequence: number
}

/** What a produce request asks for: of each partition the batch's epoch and first sequence number. */
async function batchesOf({ request }: Exchange<unknown>): Promise<Asked[]> {
  const { buffer } = await request.encode()
  const bytes = Buffer.alloc(buffer.length)
  buffer.copy(bytes, 0)
  const reader = new ByteReader(bytes)
  reader.tags()
  reader.compactText() // transactional id
  reader.position += 6 // acks, timeout
  const topics = reader.compactArray(() => {
    reader.compactText()
    const partitions = reader.compactArray(() => {
      const partition = reader.int32()
      const batch = reader.compactBytes()
      reader.tags()
      return { partition, epoch: batch.readInt16BE(51), sequence: batch.readInt32BE(53) }
    })
    reader.tags()
    return partitions
  })
  return topics.flat()
}

/** A single broker of Kafka 4, which answers a produce request of each partition with the next of these codes, and with 0 after them. */
async function producerAt(codes: Readonly<Record<number, number[]>>) {
  const asked: Asked[][] = []
  let epoch = 0
  const answers: Record<number, (exchange: Exchange<unknown>) => unknown> = {
    0: async (exchange) => {
      const batches = await batchesOf(exchange)
      asked.push(batches)
      return batches.map(({ partition }): ProduceResult => ({ topic: 't', partition, baseOffset: 7, errorCode: codes[partition]?.shift() ?? 0 })) // prettier-ignore
    },
    18: () => new Map([['transaction.version', 2]]),
    22: () => ({ producerId: '1', producerEpoch: epoch }),
    26: () => ({ producerId: '1', producerEpoch: ++epoch }),
  }
  const versions = Object.fromEntries([0, 18, 22, 26, 28].map((key) => [key, { minVersion: 0, maxVersion: 13 }]))
  const broker = { versions, send: (exchange: Exchange<unknown>) => Promise.resolve(answers[exchange.request.apiKey]!(exchange)) } as unknown as Broker // prettier-ignore
  const connection = {
    codec: 'payflow',
    coordinator: () => Promise.resolve(broker),
    cluster: () => Promise.resolve({ brokers: [{}] }),
    knownLeader: () => undefined,
    leader: () => Promise.resolve(broker),
    send: (to: Broker, exchange: Exchange<unknown>) => to.send(exchange),
  } as unknown as Connection
  const client = { connect: () => connection } as unknown as Client
  const producer = await TransactionalProducer.open(client, { transactionalId: 'x', transactionTimeoutMs: 1_000, patienceMs: 1_000 }) // prettier-ignore
  return { producer, asked }
}

function records(...partitions: readonly number[]): PartitionRecords[] {
  const buffers = new OutputBuffers()
  for (const partition of partitions) for (const value of ['a', 'b']) buffers.append('t', partition, null, value)
  return buffers.batches()
}

describe('a transaction that its broker enlists for', () => {
  test('asks again for what the last one’s markers held up, and for nothing else', async () => {
    const { producer, asked } = await producerAt({ 1: [CONCURRENT_TRANSACTIONS, CONCURRENT_TRANSACTIONS] })
    const results = await producer.send(records(0, 1))
    expect(results.map(({ partition, errorCode }) => [partition, errorCode])).toEqual([[0, 0], [1, 0]]) // prettier-ignore
    const [zero, one] = [0, 1].map((partition) => ({ partition, epoch: 0, sequence: 0 }))
    expect(asked).toEqual([[zero, one], [one], [one]])
  })

  test('fails with what is not over once the markers are written', async () => {
    const { producer, asked } = await producerAt({ 0: [CONCURRENT_TRANSACTIONS], 1: [NOT_LEADER] })
    await expect(producer.send(records(0, 1))).rejects.toMatchObject({ api: 'Produce', partition: 1, code: NOT_LEADER })
    expect(asked).toHaveLength(1)
  })

  test('counts its records from 0 in the epoch that the last one’s end has brought', async () => {
    const { producer, asked } = await producerAt({})
    await producer.send(records(0))
    await producer.send(records(0))
    await producer.commit()
    await producer.send(records(0))
    expect(asked.flat().map(({ epoch, sequence }) => [epoch, sequence])).toEqual([[0, 0], [0, 2], [1, 0]]) // prettier-ignore
  })
})
