import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../../../src/kafka/exchange.ts'
import { ByteReader } from '../../../../src/kafka/wire/byte-reader.ts'
import { endTxnRequest } from '../../../../src/kafka/wire/end-txn.ts'
import { featuresRequest } from '../../../../src/kafka/wire/features.ts'
import { produceRequest } from '../../../../src/kafka/wire/produce.ts'
import { createRecordBuffer } from '../../../../src/kafka/wire/records.ts'
import { txnOffsetCommitRequest } from '../../../../src/kafka/wire/txn-offset-commit.ts'
import { Encoder, frame } from './kafkajs-internals.ts'

// Versions in which brokers take part in transactions (KIP-890): flexible ones, of which kafkajs knows nothing.

const identity = { transactionalId: 'payflow-é-0', producerId: '9007199254740993', producerEpoch: 3 }

/** What follows the header that kafkajs writes: size, key, version, correlation id, client id. */
async function bodyOf({ request }: Exchange<unknown>): Promise<ByteReader> {
  const { buffer } = await frame({ correlationId: 7, clientId: 'c', request })
  expect(buffer.readInt32BE(0)).toBe(buffer.length - 4)
  expect([buffer.readInt16BE(4), buffer.readInt16BE(6)]).toEqual([request.apiKey, request.apiVersion])
  const reader = new ByteReader(buffer, 15)
  reader.tags()
  return reader
}

const answer = async <Result>({ response }: Exchange<Result>, encoder: { buffer: Buffer }): Promise<Result> =>
  response.parse(await response.decode(encoder.buffer))

describe('a produce request with which the leader enlists', () => {
  const recordsOf = (...values: readonly string[]) => {
    const records = createRecordBuffer('payflow')
    for (const value of values) records.append('k', value)
    return records
  }
  const batches = [
    { topic: 'a', partition: 1, baseSequence: 5, records: recordsOf('x'.repeat(20_000)) },
    { topic: 'tópic'.repeat(30), partition: 0, baseSequence: 0, records: recordsOf('y', 'z') },
    { topic: 'a', partition: 2, baseSequence: 0, records: recordsOf('x') },
  ]
  const exchange = produceRequest({ ...identity, enlists: true, acks: -1, timeoutMs: 500, batches })

  test('has the batches of the one without, each in its frame', async () => {
    const reader = await bodyOf(exchange)
    expect([reader.compactText(), reader.int16(), reader.int32()]).toEqual([identity.transactionalId, -1, 500])
    const topics = reader.compactArray(() => {
      const topic = reader.compactText()
      const partitions = reader.compactArray(() => {
        const found = { partition: reader.int32(), batch: reader.compactBytes() }
        reader.tags()
        return found
      })
      reader.tags()
      return { topic, partitions }
    })
    reader.tags()
    expect(reader.position).toBe(reader.buffer.length)
    const shape = topics.map(({ topic, partitions }) => [topic, partitions.map(({ partition }) => partition)])
    expect(shape).toEqual([['a', [1, 2]], ['tópic'.repeat(30), [0]]]) // prettier-ignore
    for (const { partitions } of topics)
      for (const { batch } of partitions) {
        expect(batch.readInt32BE(8)).toBe(batch.length - 12)
        expect(batch.readInt16BE(51)).toBe(identity.producerEpoch)
      }
  })

  test('reads the answer past what is wrong with single records', async () => {
    const results = new Encoder().writeInt8(0).writeUVarInt(2).writeUVarIntString('a').writeUVarInt(3)
    results.writeInt32(1).writeInt16(0).writeInt64(44).writeInt64(-1).writeInt64(0).writeUVarInt(1).writeUVarInt(0)
    results.writeUVarInt(1).writeUVarInt(0).writeUVarInt(2).writeInt16(9) // a tag that is not known
    results.writeInt32(2).writeInt16(87).writeInt64(-1).writeInt64(-1).writeInt64(-1)
    results.writeUVarInt(2).writeInt32(0).writeUVarIntString('too early').writeInt8(0).writeUVarIntString('no').writeInt8(0) // prettier-ignore
    results.writeInt8(0).writeInt32(12).writeInt8(0)
    expect(await answer(exchange, results)).toEqual([
      { topic: 'a', partition: 1, errorCode: 0, baseOffset: 44 },
      { topic: 'a', partition: 2, errorCode: 87, baseOffset: -1 },
    ])
  })
})

test('offsets with which the coordinator enlists the group are the same bytes in another version', async () => {
  const args = { ...identity, groupId: 'g', place: { memberId: 'm', generation: 4 }, topics: new Map([['a', [{ partition: 0, offset: 7 }]]]) } // prettier-ignore
  const [told, enlisting] = [txnOffsetCommitRequest(args), txnOffsetCommitRequest({ ...args, enlists: true })]
  expect([told.request.apiVersion, enlisting.request.apiVersion]).toEqual([3, 5])
  expect((await bodyOf(enlisting)).buffer.subarray(8)).toEqual((await bodyOf(told)).buffer.subarray(8))
})

test('the end of a transaction brings the next epoch, or the error', async () => {
  const exchange = endTxnRequest({ ...identity, commits: true })
  const reader = await bodyOf(exchange)
  expect([reader.compactText(), String(reader.bigInt64()), reader.int16(), reader.int8()]).toEqual([...Object.values(identity), 1]) // prettier-ignore
  reader.tags()
  expect(reader.position).toBe(reader.buffer.length)
  const said = (code: number) => new Encoder().writeInt8(0).writeInt32(0).writeInt16(code).writeInt64(identity.producerId).writeInt16(4).writeInt8(0) // prettier-ignore
  expect(await answer(exchange, said(0))).toEqual({ producerId: identity.producerId, producerEpoch: 4 })
  await expect(answer(exchange, said(47))).rejects.toMatchObject({ code: 47 })
})

test('what the cluster has agreed on is read among what is not known', async () => {
  const exchange = featuresRequest()
  const reader = await bodyOf(exchange)
  expect(reader.compactText()).toBe('payflow')
  const finalized = new Encoder().writeUVarInt(3)
  for (const [name, level] of [['metadata.version', 25], ['transaction.version', 2]] as const)
    finalized.writeUVarIntString(name).writeInt16(level).writeInt16(0).writeInt8(0) // prettier-ignore
  const said = new Encoder().writeInt16(0).writeUVarInt(2).writeInt16(0).writeInt16(3).writeInt16(13).writeInt8(0)
  said.writeInt32(0).writeUVarInt(3)
  said.writeUVarInt(1).writeUVarInt(8).writeInt64(77) // the epoch of the agreement
  said.writeUVarInt(2).writeUVarInt(finalized.buffer.length).writeEncoder(finalized)
  said.writeUVarInt(9).writeUVarInt(2).writeInt16(1)
  expect(await answer(exchange, said)).toEqual(new Map([['metadata.version', 25], ['transaction.version', 2]])) // prettier-ignore
  const nothing = new Encoder().writeInt16(0).writeUVarInt(1).writeInt32(0).writeInt8(0)
  expect(await answer(exchange, nothing)).toEqual(new Map())
})
