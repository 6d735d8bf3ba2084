import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RecordBuffer } from '../../../../src/kafka/wire/record-buffer.ts'
import { createRecordBuffer } from '../../../../src/kafka/wire/records.ts'
import { asBytes, headers, record, records, type PlainRecord } from './arbitrary-records.ts'
import { Encoder, encodeProduce, frame } from './kafkajs-internals.ts'
import { produceRequest } from '../../../../src/kafka/wire/produce.ts'
import type { PartitionBatch, ProduceArgs } from '../../../../src/kafka/records.ts'
import type { RecordCodec } from '../../../../src/kafka/codec.ts'

interface PlainBatch {
  readonly topic: string
  readonly partition: number
  readonly baseSequence: number
  readonly records: readonly PlainRecord[]
}

const producer = {
  acks: -1,
  timeoutMs: 30_000,
  transactionalId: 'payflow-é-0',
  producerId: '9007199254740993',
  producerEpoch: 3,
} as const

const framed = async (request: unknown): Promise<Buffer> =>
  (await frame({ correlationId: 77, clientId: 'payflow-ö', request })).buffer

function args(batches: readonly PlainBatch[], mode: RecordCodec, own: Partial<ProduceArgs> = {}): ProduceArgs {
  const encoded = batches.map(({ topic, partition, baseSequence, records }): PartitionBatch => {
    const buffer = createRecordBuffer(mode)
    for (const { key, value, headers } of records) buffer.append(key, value, headers)
    return { topic, partition, baseSequence, records: buffer }
  })
  return { ...producer, ...own, batches: encoded }
}

const headersByKey = (list: PlainRecord['headers']): Record<string, unknown[]> => {
  const byKey = Object.create(null) as Record<string, unknown[]>
  for (const { key, value } of list) (byKey[key] ??= []).push(value)
  return byKey
}

/** The request kafkajs makes of the same records. Batches come sorted by topic. */
function kafkajsRequest(batches: readonly PlainBatch[], own: Partial<ProduceArgs> = {}): unknown {
  const { timeoutMs, ...rest } = { ...producer, ...own }
  const topics = [...new Set(batches.map(({ topic }) => topic))]
  return encodeProduce({
    ...rest,
    timeout: timeoutMs,
    topicData: topics.map((topic) => ({
      topic,
      partitions: batches
        .filter((batch) => batch.topic === topic)
        .map(({ partition, baseSequence, records }) => ({
          partition,
          firstSequence: baseSequence,
          messages: records.map(({ key, value, headers }) => ({ key, value, headers: headersByKey(headers) })),
        })),
    })),
  })
}

const batches = fc.uniqueArray(
  fc.record({
    topic: fc.constantFrom('orders', 'tópic'),
    partition: fc.nat(3),
    baseSequence: fc.nat(0x7fffffff),
    records,
  }),
  { minLength: 1, maxLength: 4, selector: ({ topic, partition }) => `${topic} ${partition}` },
)

/** kafkajs orders headers by their keys' insertion, numbers first: only keys that occur once and are no numbers keep their order there. */
const headersKeepOrder = (list: readonly PlainBatch[]): boolean =>
  list.every((batch) =>
    batch.records.every(
      ({ headers }) =>
        new Set(headers.map(({ key }) => key)).size === headers.length &&
        headers.every(({ key }) => !/^\d+$/.test(key)),
    ),
  )

describe.each(['payflow', 'kafkajs'] as const)('a produce request (%s)', (mode) => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_123 }))
  afterEach(() => vi.useRealTimers())

  test('has the bytes of kafkajs’s', { timeout: 30_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(batches.filter(headersKeepOrder), async (plain) => {
        const bytes = await framed(produceRequest(args(plain, mode)).request)
        expect(bytes.equals(await framed(kafkajsRequest(plain)))).toBe(true)
      }),
    )
  })

  test('is not transactional without a transactional id', async () => {
    const plain = [
      { topic: 'orders', partition: 0, baseSequence: 0, records: [{ key: '1', value: '{}', headers: [] }] },
    ]
    for (const own of [
      { transactionalId: null },
      { transactionalId: null, producerId: -1, producerEpoch: -1 },
      { producerId: 5n },
    ]) {
      expect(await framed(produceRequest(args(plain, mode, own)).request)).toEqual(
        await framed(kafkajsRequest(plain, own)),
      )
    }
  })

  test('can be encoded again, and records be collected again in the same memory', async () => {
    const one = {
      topic: 'orders',
      partition: 0,
      baseSequence: 0,
      records: [{ key: '1', value: 'é'.repeat(100_000), headers: [] }],
    }
    const other = { ...one, records: [{ key: null, value: null, headers: [] }] }
    const own = args([one], mode)
    const { request } = produceRequest(own)
    expect((await framed(request)).equals(await framed(request))).toBe(true)
    const [batch] = own.batches
    batch!.records.clear()
    expect(batch!.records).toMatchObject({ count: 0, byteLength: 0 })
    batch!.records.append(null, null)
    expect(await framed(produceRequest(own).request)).toEqual(await framed(kafkajsRequest([other])))
  })

  test('refuses two batches of one partition, and a batch without records', () => {
    const one = { topic: 'orders', partition: 2, baseSequence: 0, records: [{ key: '1', value: '{}', headers: [] }] }
    expect(() => produceRequest(args([one, { ...one, baseSequence: 1 }], mode))).toThrow('two batches for orders[2]')
    expect(() => produceRequest(args([{ ...one, records: [] }], mode))).toThrow('no records for orders[2]')
  })

  test('reads the answer: errors of partitions are results', async () => {
    const partition = (n: number, error: number, offset: string): Encoder =>
      new Encoder().writeInt32(n).writeInt16(error).writeInt64(offset).writeInt64(-1).writeInt64(0)
    const topic = (name: string, partitions: Encoder[]): Encoder =>
      new Encoder().writeString(name).writeArray(partitions)
    const answer = new Encoder()
      .writeArray([
        topic('orders', [partition(0, 0, '9007199254740991'), partition(2, 47, '-1')]),
        topic('tópic', [partition(1, 0, '7')]),
      ])
      .writeInt32(25)
    const plain = [
      { topic: 'orders', partition: 0, baseSequence: 0, records: [{ key: '1', value: '{}', headers: [] }] },
    ]
    const { response } = produceRequest(args(plain, mode))
    const decoded = await response.decode(answer.buffer)
    expect(decoded.clientSideThrottleTime).toBe(25)
    expect(await response.parse(decoded)).toEqual([
      { topic: 'orders', partition: 0, errorCode: 0, baseOffset: 9007199254740991 },
      { topic: 'orders', partition: 2, errorCode: 47, baseOffset: -1 },
      { topic: 'tópic', partition: 1, errorCode: 0, baseOffset: 7 },
    ])
  })

  test('keeps within the size foretold', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ record, headers }), { maxLength: 10 }), (list) => {
        const buffer = createRecordBuffer(mode)
        for (const { record, headers } of list) {
          const before = buffer.byteLength
          buffer.append(record.key, record.value, headers)
          const added = buffer.byteLength - before
          const fields = [record.key, record.value, ...headers.flatMap((header) => [header.key, header.value])].map(
            asBytes,
          )
          expect(added).toBeGreaterThanOrEqual(fields.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 7))
          expect(added).toBeLessThanOrEqual(RecordBuffer.sizeOf(record.key, record.value, headers))
        }
        expect(buffer.count).toBe(list.length)
      }),
    )
  })
})

test('records for two encoders do not go into one request', async () => {
  const one = { topic: 'orders', partition: 0, baseSequence: 0, records: [{ key: '1', value: '{}', headers: [] }] }
  const [ours, theirs] = [args([one], 'payflow').batches, args([{ ...one, partition: 1 }], 'kafkajs').batches]
  await expect(framed(produceRequest({ ...producer, batches: [...ours, ...theirs] }).request)).rejects.toThrow(
    'two encoders',
  )
})
