import { describe, expect, test } from 'vitest'
import {
  checked,
  fetchResponse,
  FIRST_TIMESTAMP,
  logBatch,
  marker,
  MAX_TIMESTAMP,
  type Answer,
  type LogBatch,
} from './broker-log.ts'
import { Batch, decodeFetch, Encoder, frame } from './kafkajs-internals.ts'
import { fetchRequest } from '../../../../src/kafka/wire/fetch.ts'
import type { FetchArgs, FetchedPartition, RecordSet } from '../../../../src/kafka/records.ts'
import type { RecordCodec } from '../../../../src/kafka/codec.ts'

const asking = (offset: number, own: Partial<FetchArgs> = {}): FetchArgs => ({
  maxWaitMs: 50,
  minBytes: 65_536,
  maxBytes: 10_000_000,
  isolation: 'read_committed',
  partitions: [{ topic: 'orders', partition: 2, offset, maxBytes: 1_000_000 }],
  ...own,
})

const valuesOf = (set: RecordSet): [number, string | null][] => {
  const values: [number, string | null][] = []
  for (const cursor = set.cursor(); cursor.next();) values.push([cursor.offset, cursor.valueText()])
  return values
}

const texts = (from: number, ...values: string[]): LogBatch => ({
  baseOffset: from,
  records: values.map((value, i) => ({ offset: from + i, key: String(i), value })),
})

describe.each(['payflow', 'kafkajs'] as const)('a fetch (%s)', (mode: RecordCodec) => {
  const fetched = async (offset: number, answer: Answer, own: Partial<FetchArgs> = {}): Promise<FetchedPartition> => {
    const { response } = fetchRequest(asking(offset, own), mode)
    const [partition] = await response.parse(await response.decode(fetchResponse([answer])))
    return partition!
  }
  const read = async (
    offset: number,
    batches: readonly LogBatch[],
    answer: Omit<Answer, 'bytes'> = {},
    own: Partial<FetchArgs> = {},
  ): Promise<RecordSet> =>
    (await fetched(offset, { ...answer, bytes: Buffer.concat(await Promise.all(batches.map(logBatch))) }, own)).records

  test('gives each record’s offset, time, key, value and headers', async () => {
    const headers = { reason: 'é', again: ['1', '2'], constructor: 'x' }
    const { records } = await fetched(4_294_967_290, {
      bytes: await logBatch({
        baseOffset: 4_294_967_290,
        records: [
          { offset: 4_294_967_290, key: '7', value: 'größe', headers },
          { offset: 4_294_967_300, key: null, value: null, timestampDelta: 4_999_999_999 },
          { offset: 4_294_967_301, key: '', value: '', timestampDelta: -70 },
        ],
      }),
    })
    const cursor = records.cursor()
    expect(cursor.next()).toBe(true)
    expect(cursor).toMatchObject({
      offset: 4_294_967_290,
      timestamp: FIRST_TIMESTAMP,
      keyIsNull: false,
      valueIsNull: false,
    })
    expect([cursor.keyText(), cursor.valueText(), cursor.key(), cursor.value()]).toEqual([
      '7',
      'größe',
      Buffer.from('7'),
      Buffer.from('größe'),
    ])
    expect(cursor.headers()).toEqual([
      { key: 'reason', value: Buffer.from('é') },
      { key: 'again', value: Buffer.from('1') },
      { key: 'again', value: Buffer.from('2') },
      { key: 'constructor', value: Buffer.from('x') },
    ])
    expect(cursor.next()).toBe(true)
    expect(cursor).toMatchObject({
      offset: 4_294_967_300,
      timestamp: FIRST_TIMESTAMP + 4_999_999_999,
      keyIsNull: true,
      valueIsNull: true,
    })
    expect([cursor.keyText(), cursor.valueText(), cursor.key(), cursor.value(), cursor.headers()]).toEqual([
      null,
      null,
      null,
      null,
      [],
    ])
    expect(cursor.next()).toBe(true)
    expect(cursor).toMatchObject({
      offset: 4_294_967_301,
      timestamp: FIRST_TIMESTAMP - 70,
      keyIsNull: false,
      valueIsNull: false,
    })
    expect([cursor.keyText(), cursor.valueText()]).toEqual(['', ''])
    expect([cursor.next(), cursor.next()]).toEqual([false, false])
    expect(records).toMatchObject({ count: 3, nextOffset: 4_294_967_302 })
  })

  test('takes the broker’s time where the topic says so', async () => {
    const cursor = (await read(0, [{ ...texts(0, 'a'), appendTime: true }])).cursor()
    expect([cursor.next(), cursor.timestamp]).toEqual([true, MAX_TIMESTAMP])
  })

  test('of no records goes on at the fetch offset', async () => {
    const set = await read(17, [])
    expect(set).toMatchObject({ nextOffset: 17, count: 0, byteLength: 0 })
    expect(set.cursor().next()).toBe(false)
  })

  test('begins at the fetch offset, not with the batch it lies in', async () => {
    const set = await read(12, [texts(10, 'a', 'b', 'c', 'd'), texts(14, 'e')])
    expect(valuesOf(set)).toEqual([
      [12, 'c'],
      [13, 'd'],
      [14, 'e'],
    ])
    expect(set.count).toBeGreaterThanOrEqual(3)
  })

  test('leaves a batch cut off at the end for the next one', async () => {
    const whole = Buffer.concat([await logBatch(texts(0, 'a', 'b')), await logBatch(texts(2, 'c', 'd'))])
    const first = (await logBatch(texts(0, 'a', 'b'))).length
    for (let length = 0; length < whole.length; length++) {
      const { records } = await fetched(0, { bytes: whole.subarray(0, length) })
      expect(valuesOf(records)).toEqual(
        length < first
          ? []
          : [
              [0, 'a'],
              [1, 'b'],
            ],
      )
      expect(records.nextOffset).toBe(length < first ? 0 : 2)
    }
  })

  test('goes on behind records that compaction took', async () => {
    const gaps = { ...texts(10), records: [{ offset: 12, key: 'k', value: 'v' }], lastOffset: 19 }
    const set = await read(10, [gaps, { ...texts(20), lastOffset: 24 }])
    expect(valuesOf(set)).toEqual([[12, 'v']])
    expect(set).toMatchObject({ nextOffset: 25, count: 1 })
    expect(await read(20, [{ ...texts(20), lastOffset: 24 }])).toMatchObject({ nextOffset: 25, count: 0 })
    expect(await read(15, [gaps])).toMatchObject({ nextOffset: 20 })
  })

  test('hides aborted transactions and markers from a read-committed reader only', async () => {
    const [five, huge] = ['5', '9007199254740993']
    const log = [
      { ...texts(0, 'aborted'), producerId: five },
      { ...texts(1, 'committed'), producerId: huge },
      texts(2, 'plain'),
      marker(3, five, 'abort'),
      { ...texts(4, 'committed later'), producerId: five },
      marker(5, huge, 'commit'),
      marker(6, five, 'commit'),
      { ...texts(7, 'aborted, marker not fetched yet'), producerId: '9007199254740992' },
    ]
    const aborted = [
      { producerId: five, firstOffset: 0 },
      { producerId: '9007199254740992', firstOffset: 7 },
    ]
    const committed = await read(0, log, { aborted })
    expect(valuesOf(committed)).toEqual([
      [1, 'committed'],
      [2, 'plain'],
      [4, 'committed later'],
    ])
    expect(committed).toMatchObject({ nextOffset: 8, count: 3 })
    const everything = await read(0, log, { aborted: [] }, { isolation: 'read_uncommitted' })
    expect(valuesOf(everything).map(([offset]) => offset)).toEqual([0, 1, 2, 4, 7])
    expect(await read(3, [marker(3, five, 'abort')])).toMatchObject({ nextOffset: 4, count: 0 })
  })

  test('hides two aborted transactions that both began before the fetch offset, one of which kafkajs shows', async () => {
    const aborted = [
      { producerId: '5', firstOffset: 1 },
      { producerId: '6', firstOffset: 2 },
    ]
    const log = [
      { ...texts(10, 'six'), producerId: '6' },
      { ...texts(11, 'five'), producerId: '5' },
    ]
    const set = await read(10, log, { aborted })
    expect(valuesOf(set)).toEqual([])
    expect(set.nextOffset).toBe(12)
    const payload = fetchResponse([{ bytes: Buffer.concat(await Promise.all(log.map(logBatch))), aborted }])
    const { messages } = new Batch('orders', '10', (await decodeFetch(payload)).responses[0]!.partitions[0]!)
    expect(messages.map(({ value }) => String(value))).toEqual(['six'])
  })

  test('hides an aborted transaction that the broker does not list', async () => {
    const log = [
      { ...texts(0, 'aborted'), producerId: '5' },
      { ...texts(1, 'committed'), producerId: '6' },
      { ...texts(2, 'aborted'), producerId: '5' },
      marker(3, '5', 'abort'),
      marker(4, '6', 'commit'),
      { ...texts(5, 'committed later'), producerId: '5' },
      marker(6, '5', 'commit'),
    ]
    expect(valuesOf(await read(0, log))).toEqual([[1, 'committed'], [5, 'committed later']]) // prettier-ignore
    expect(valuesOf(await read(0, log, {}, { isolation: 'read_uncommitted' }))).toHaveLength(4)
  })

  test('leaves a transaction whose marker is to come to the next fetch', async () => {
    const log = [
      { ...texts(0, 'committed'), producerId: '6' },
      marker(1, '6', 'commit'),
      { ...texts(2, 'undecided'), producerId: '5' },
      texts(3, 'of no transaction'),
    ]
    const first = await read(0, log, { lastStableOffset: 9 })
    expect([valuesOf(first), first.nextOffset]).toEqual([[[0, 'committed']], 2])
    const next = await read(2, [...log.slice(2), marker(4, '5', 'abort')], { lastStableOffset: 9 })
    expect([valuesOf(next), next.nextOffset]).toEqual([[[3, 'of no transaction']], 5])
  })

  test('shows it where none is to come: compaction may have taken the marker, and a transaction may be larger than a fetch', async () => {
    const log = [texts(0, 'of no transaction'), { ...texts(1, 'decided'), producerId: '5' }]
    expect(valuesOf(await read(0, log, { lastStableOffset: 2 }))).toHaveLength(2)
    expect(valuesOf(await read(1, log.slice(1), { lastStableOffset: 9 }))).toEqual([[1, 'decided']])
  })

  test('takes aborted transactions in any order', async () => {
    const aborted = [
      { producerId: '6', firstOffset: 1 },
      { producerId: '5', firstOffset: 0 },
    ]
    const set = await read(
      0,
      [{ ...texts(0, 'five'), producerId: '5' }, { ...texts(1, 'six'), producerId: '6' }, texts(2, 'plain')],
      { aborted },
    )
    expect(valuesOf(set)).toEqual([[2, 'plain']])
  })

  test('decompresses gzip', async () => {
    const set = await read(0, [{ ...texts(0, 'a', 'ß'), gzip: true }, texts(2, 'c'), { ...texts(3), gzip: true }])
    expect(valuesOf(set)).toEqual([
      [0, 'a'],
      [1, 'ß'],
      [2, 'c'],
    ])
    expect(set).toMatchObject({ nextOffset: 4, count: 3 })
  })

  test('names a compression it cannot read', async () => {
    const bytes = await logBatch({ ...texts(30, 'a') })
    bytes.writeInt16BE(5, 21)
    expect(await fetched(30, { bytes: checked(bytes) })).toMatchObject({
      records: { nextOffset: 30, count: 0 },
      unreadable: {
        code: 'UNSUPPORTED_COMPRESSION',
        message: expect.stringContaining('records of orders/2 from offset 30 are compressed with codec 5') as string,
      },
    })
  })

  test('names a message format it cannot read', async () => {
    const bytes = await logBatch(texts(30, 'a'))
    bytes.writeInt8(1, 16)
    expect(await fetched(30, { bytes })).toMatchObject({
      records: { nextOffset: 30, count: 0 },
      unreadable: {
        code: 'MESSAGE_FORMAT',
        message: expect.stringContaining('orders/2 from offset 30 are stored in message format 1') as string,
      },
    })
  })

  test.each([
    ['a changed byte of a value', (bytes: Buffer) => void (bytes[bytes.length - 2]! ^= 1)],
    ['a changed number of records', (bytes: Buffer) => void (bytes[60]! ^= 1)],
    ['a length that cannot be', (bytes: Buffer) => bytes.writeInt32BE(7, 8)],
    ['a format that there is none of', (bytes: Buffer) => bytes.writeInt8(9, 16)],
  ])('reads what lies before a damaged batch, and then says where that one lies: %s', async (_, damage) => {
    const bad = await logBatch(texts(32, 'c'))
    damage(bad)
    const bytes = Buffer.concat([await logBatch(texts(30, 'a', 'b')), bad, await logBatch(texts(33, 'd'))])
    const before = await fetched(30, { bytes })
    expect(valuesOf(before.records).map(([offset]) => offset)).toEqual([30, 31])
    expect(before.records.nextOffset).toBe(32)
    expect(before.unreadable).toBeUndefined()
    const at = await fetched(32, { bytes: Buffer.concat([bad, await logBatch(texts(33, 'd'))]) })
    expect(valuesOf(at.records)).toEqual([])
    expect(at).toMatchObject({
      records: { nextOffset: 32 },
      unreadable: { code: 'CORRUPT_BATCH', message: expect.stringContaining('orders/2 from offset 32 are damaged') as string },
    }) // prettier-ignore
    expect(at.unreadable!.hint).toContain('`payflow groups reset GROUP --to OFFSET`')
  })

  test('reads other partitions when one cannot be read', async () => {
    const bad = await logBatch(texts(5, 'a'))
    bad[bad.length - 2]! ^= 1
    const partitions = [0, 1].map((partition) => ({ topic: 'orders', partition, offset: 5, maxBytes: 1 }))
    const { response } = fetchRequest(asking(5, { partitions }), mode)
    const good = await logBatch(texts(5, 'b'))
    const answers = [{ bytes: bad, partition: 0 }, { bytes: good, partition: 1 }] // prettier-ignore
    const [zero, one] = await response.parse(await response.decode(fetchResponse(answers)))
    expect(zero!.unreadable).toMatchObject({ code: 'CORRUPT_BATCH' })
    expect(valuesOf(one!.records)).toEqual([[5, 'b']])
  })

  test('gives an error of one partition beside the records of another', async () => {
    const bytes = await logBatch(texts(5, 'a'))
    const { response, requestTimeout } = fetchRequest(
      asking(5, {
        partitions: [
          { topic: 'orders', partition: 2, offset: 5, maxBytes: 1 },
          { topic: 'users', partition: 0, offset: 9, maxBytes: 1 },
        ],
      }),
      mode,
    )
    const decoded = await response.decode(
      fetchResponse([{ bytes: Buffer.alloc(0), errorCode: 1, topic: 'users', partition: 0 }, { bytes }]),
    )
    const [users, orders] = await response.parse(decoded)
    expect(users).toMatchObject({ topic: 'users', partition: 0, errorCode: 1, records: { nextOffset: 9, count: 0 } })
    expect(orders).toMatchObject({
      topic: 'orders',
      partition: 2,
      errorCode: 0,
      highWatermark: 9007199254740991,
      lastStableOffset: 5_000_000_000,
      logStartOffset: 4,
      records: { nextOffset: 6, count: 1 },
    })
    expect(decoded.clientSideThrottleTime).toBe(15)
    expect(requestTimeout).toBeGreaterThan(50)
  })

  test('throws an error of the whole answer', async () => {
    const { response } = fetchRequest(asking(5), mode)
    await expect(response.decode(fetchResponse([], 71)).then((answer) => response.parse(answer))).rejects.toMatchObject(
      {
        name: 'KafkaJSProtocolError',
        code: 71,
      },
    )
  })
})

test('a fetch asks for partitions in the order given', async () => {
  const partitions = [
    ['users', 1, 0],
    ['orders', 2, 2 ** 40],
    ['orders', 0, 7],
    ['users', 0, 1],
  ] as const
  const { request } = fetchRequest(
    asking(0, {
      isolation: 'read_uncommitted',
      partitions: partitions.map(([topic, partition, offset]) => ({ topic, partition, offset, maxBytes: 9 })),
    }),
  )
  const position = (partition: number, offset: number): Encoder =>
    new Encoder().writeInt32(partition).writeInt32(-1).writeInt64(offset).writeInt64(-1).writeInt32(9)
  const topic = (name: string, positions: Encoder[]): Encoder => new Encoder().writeString(name).writeArray(positions)
  const body = new Encoder()
    .writeInt32(-1)
    .writeInt32(50)
    .writeInt32(65_536)
    .writeInt32(10_000_000)
    .writeInt8(0)
    .writeInt32(0)
    .writeInt32(-1)
    .writeArray([
      topic('users', [position(1, 0)]),
      topic('orders', [position(2, 2 ** 40), position(0, 7)]),
      topic('users', [position(0, 1)]),
    ])
    .writeArray([])
    .writeString('')
  const expected = await frame({
    correlationId: 1,
    clientId: 'payflow',
    request: { apiKey: 1, apiVersion: 11, encode: () => Promise.resolve(body) },
  })
  expect((await frame({ correlationId: 1, clientId: 'payflow', request })).buffer).toEqual(expected.buffer)
})

test('a record longer than its batch is an error that says where, not garbage', async () => {
  const bytes = await logBatch(texts(3, 'abc'))
  bytes[61] = 126
  const { response } = fetchRequest(asking(3))
  const [partition] = await response.parse(await response.decode(fetchResponse([{ bytes: checked(bytes) }])))
  expect(() => partition!.records.cursor().next()).toThrow('records of orders/2 from offset 3 are damaged')
})
