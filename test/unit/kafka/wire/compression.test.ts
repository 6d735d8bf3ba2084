import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OutputTooLarge, type Codec } from '../../../../src/kafka/wire/codec.ts'
import { ofLibraries } from '../../../../src/kafka/wire/codec-zstd.ts'
import { decompressed } from '../../../../src/kafka/wire/decompress.ts'
import { readRecordBatches } from '../../../../src/kafka/wire/record-batch.ts'
import { fetchResponse, logBatch, packed, withBody, type LogBatch } from './broker-log.ts'
import { codecOf } from '../../../../src/kafka/wire/codecs.ts'
import { compressions } from '../../../../src/kafka/compression.ts'
import { fetchRequest } from '../../../../src/kafka/wire/fetch.ts'
import type { FetchedPartition } from '../../../../src/kafka/records.ts'
import type { RecordCodec } from '../../../../src/kafka/codec.ts'

const names = compressions.filter((name) => name !== 'none')
const codecs: [string, () => Codec | Promise<Codec>][] = [
  ...names.map((name): [string, () => Promise<Codec>] => [name, () => codecOf(name)]),
  ['zstd where Node has none', ofLibraries],
]
const MEBIBYTE = 1 << 20

async function fetched(bytes: Buffer, offset = 0, mode: RecordCodec = 'payflow'): Promise<FetchedPartition> {
  const partitions = [{ topic: 'orders', partition: 2, offset, maxBytes: 1 }]
  const { response } = fetchRequest({ maxWaitMs: 1, minBytes: 1, maxBytes: 1, isolation: 'read_committed', partitions }, mode) // prettier-ignore
  return (await response.parse(await response.decode(fetchResponse([{ bytes }]))))[0]!
}

function linesOf({ records }: FetchedPartition): string[] {
  const lines: string[] = []
  for (const cursor = records.cursor(); cursor.next();) lines.push(`${cursor.keyText()} ${cursor.valueText()}`)
  return lines
}

const texts = (from: number, ...values: string[]): LogBatch => ({
  baseOffset: from,
  records: values.map((value, i) => ({ offset: from + i, key: String(from + i), value })),
})

describe.each(codecs)('%s', (_, load) => {
  test('gives back what it was given, whatever that is', async () => {
    const codec = await load()
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 4_000 }),
      fc.tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.nat(20_000)).map(([text, n]) => Buffer.from(text.repeat(n)).subarray(0, 300_000)), // prettier-ignore
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (array) => {
        const plain = Buffer.from(array)
        const back = await codec.decompress(await codec.compress(plain), Math.max(plain.length, MEBIBYTE))
        expect(back.equals(plain)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('stops at the limit, before the memory is full', async () => {
    const codec = await load()
    const bomb = await codec.compress(Buffer.alloc(8 * MEBIBYTE))
    await expect(codec.decompress(bomb, MEBIBYTE)).rejects.toThrow(OutputTooLarge)
    expect(await codec.decompress(bomb, 8 * MEBIBYTE)).toHaveLength(8 * MEBIBYTE)
  })

  test('refuses damaged bytes', async () => {
    const codec = await load()
    const bytes = await codec.compress(Buffer.from('some text that goes on and on and on and on and on'.repeat(20)))
    await expect((async () => codec.decompress(bytes.subarray(0, bytes.length >> 1), MEBIBYTE))()).rejects.toThrow()
    await expect((async () => codec.decompress(Buffer.from('no such thing'), MEBIBYTE))()).rejects.toThrow()
  })
})

describe.each(['payflow', 'kafkajs'] as const)('what other clients wrote is read (%s)', (mode) => {
  const expected = Array.from({ length: 500 }, (_, i) => `${i} {"i": ${i}, "text": "${'größe '.repeat(i % 7)}"}`)
  test.each(['java', 'librdkafka'].flatMap((writer) => names.map((name) => [writer, name])))('%s, %s', async (writer, name) => {
    const log = readFileSync(new URL(`../../../fixtures/batches/${writer}-${name}.bin`, import.meta.url))
    expect(readRecordBatches(log, { topic: 't', partition: 0 }).map(({ codec }) => compressions[codec])).toContain(name)
    const partition = await fetched(log, 0, mode)
    expect(partition.records.nextOffset).toBe(500)
    expect(linesOf(partition)).toEqual(expected)
  }) // prettier-ignore

  test('from any offset within a compressed batch', async () => {
    const log = readFileSync(new URL('../../../fixtures/batches/java-snappy.bin', import.meta.url))
    expect(linesOf(await fetched(log, 497, mode))).toEqual(expected.slice(497))
  })

  test.each(names)('%s: batches of several codecs in one answer, and one that is damaged', async (name) => {
    const good = await packed(await logBatch(texts(0, 'a', 'b')), name)
    const plain = await logBatch(texts(2, 'c'))
    const bad = withBody(plain, name, Buffer.from('this is not compressed'))
    bad.writeBigInt64BE(3n)
    const both = await fetched(Buffer.concat([good, plain, bad]), 0, mode)
    expect(linesOf(both)).toEqual(['0 a', '1 b', '2 c'])
    expect(both).toMatchObject({ records: { nextOffset: 3 } })
    expect(both.unreadable).toBeUndefined()
    expect((await fetched(bad, 3, mode)).unreadable).toMatchObject({
      code: 'CORRUPT_BATCH',
      message: expect.stringContaining('orders/2 from offset 3 are damaged: they cannot be unpacked') as string,
    })
  })
})

test('a few bytes that unpack to more than memory should hold are an error that says where', async () => {
  const at = { topic: 'orders', partition: 2 }
  const bytes = withBody(await logBatch(texts(7, 'a')), 'gzip', gzipSync(Buffer.alloc(2 * MEBIBYTE)))
  const [batch] = readRecordBatches(bytes, at)
  await expect(decompressed(batch!, at, MEBIBYTE)).rejects.toMatchObject({
    code: 'BATCH_TOO_LARGE',
    message: expect.stringMatching(/orders\/2 from offset 7 unpack .* to more than 1 MiB/) as string,
  })
})

test('an answer that unpacks to much is read in parts', async () => {
  const value = 'x'.repeat(17 * MEBIBYTE)
  const log = Buffer.concat(await Promise.all([0, 1, 2].map(async (i) => packed(await logBatch(texts(i, value)), 'gzip'))))
  const first = await fetched(log)
  expect(first.records).toMatchObject({ nextOffset: 2, count: 2 })
  expect((await fetched(log, 2)).records).toMatchObject({ nextOffset: 3, count: 1 })
}) // prettier-ignore

test('a batch is unpacked in place of its records alone', async () => {
  const plain = await logBatch(texts(5, 'abc'))
  const [batch] = readRecordBatches(await packed(plain, 'lz4'), { topic: 't', partition: 0 })
  const unpacked = await decompressed(batch!, { topic: 't', partition: 0 })
  expect(unpacked).toMatchObject({ codec: 0, baseOffset: 5, count: 1 })
  expect(unpacked.buffer.subarray(unpacked.start, unpacked.end)).toEqual(plain.subarray(61))
})
