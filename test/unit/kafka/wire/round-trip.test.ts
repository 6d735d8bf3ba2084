import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fetchRequest } from '../../../../src/kafka/wire/fetch.ts'
import { produceRequest } from '../../../../src/kafka/wire/produce.ts'
import { createRecordBuffer } from '../../../../src/kafka/wire/records.ts'
import { asBytes, records, type PlainRecord } from './arbitrary-records.ts'
import { fetchResponse } from './broker-log.ts'
import { frame } from './kafkajs-internals.ts'
import type { Header, RecordHeader } from '../../../../src/kafka/records.ts'
import type { RecordCodec } from '../../../../src/kafka/codec.ts'

const producer = { acks: -1, timeoutMs: 1000, transactionalId: 'payflow-0', producerId: 4n, producerEpoch: 0 } as const
/** Bytes of the request before its one record batch: frame, client id, transactional id and topic, and what stands between. */
const beforeBatch = 14 + 'c'.length + 2 + 'payflow-0'.length + 10 + 2 + 'orders'.length + 4 + 8

async function batchOf(list: readonly PlainRecord[], mode: RecordCodec): Promise<Buffer> {
  const buffer = createRecordBuffer(mode)
  for (const { key, value, headers } of list) buffer.append(key, value, headers)
  const batches = [{ topic: 'orders', partition: 2, baseSequence: 0, records: buffer }]
  const { request } = produceRequest({ ...producer, batches })
  return (await frame({ correlationId: 1, clientId: 'c', request })).buffer.subarray(beforeBatch)
}

/** A record as text: a buffer compared byte by byte takes vitest long. */
type Line = (string | null)[]
const hex = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null
const text = (bytes: Buffer | null): string | null => bytes?.toString() ?? null
const line = (key: Buffer | null, value: Buffer | null, headers: readonly RecordHeader[]): Line => [
  hex(key),
  hex(value),
  ...headers.flatMap((header) => [header.key, hex(header.value)]),
]

async function readBack(bytes: Buffer, mode: RecordCodec): Promise<Line[]> {
  const partitions = [{ topic: 'orders', partition: 2, offset: 0, maxBytes: 1 }]
  const { response } = fetchRequest(
    { maxWaitMs: 1, minBytes: 1, maxBytes: 1, isolation: 'read_committed', partitions },
    mode,
  )
  const [answer] = await response.parse(await response.decode(fetchResponse([{ bytes }])))
  const list: Line[] = []
  for (const cursor = answer!.records.cursor(); cursor.next();) {
    if (cursor.keyText() !== text(cursor.key()) || cursor.valueText() !== text(cursor.value()))
      throw new Error('text is not of the bytes')
    list.push(line(cursor.key(), cursor.value(), cursor.headers()))
  }
  return list
}

/** kafkajs puts headers of one key together, and keys that are numbers first; both ways. */
const grouped = <Item extends { readonly key: string }>(headers: readonly Item[]): Item[] => {
  const keys = Object.keys(Object.fromEntries(headers.map(({ key }) => [key, 0])))
  return keys.flatMap((key) => headers.filter((header) => header.key === key))
}

const readable = ({ key, value }: Header): RecordHeader => ({ key: Buffer.from(key).toString(), value: asBytes(value) })

test.each(['payflow', 'kafkajs'] as const)('what is produced is read back (%s)', { timeout: 30_000 }, async (mode) => {
  await fc.assert(
    fc.asyncProperty(records, async (list) => {
      const expected = list.map(({ key, value, headers }) =>
        line(
          asBytes(key),
          asBytes(value),
          mode === 'kafkajs' ? grouped(grouped(headers).map(readable)) : headers.map(readable),
        ),
      )
      expect(await readBack(await batchOf(list, mode), mode)).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})

test('a header without a value stays one, or becomes empty where kafkajs has no such thing', async () => {
  const list = [{ key: null, value: 'x', headers: [{ key: 'empty', value: null }] }]
  for (const [mode, value] of [
    ['payflow', null],
    ['kafkajs', Buffer.alloc(0)],
  ] as const) {
    expect(await readBack(await batchOf(list, mode), mode)).toEqual([
      line(null, Buffer.from('x'), [{ key: 'empty', value }]),
    ])
  }
})
