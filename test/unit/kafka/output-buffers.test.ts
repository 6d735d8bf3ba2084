import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OutputBuffers } from '../../../src/kafka/output-buffers.ts'
import { TopicLimits } from '../../../src/kafka/topic-limits.ts'

/** What a broker takes of one record batch besides its header, unless it is told otherwise. */
const MOST_BYTES = 1_048_588 - 61

/** The size of each batch: request by request, `topic/partition bytes`. */
const sizes = (buffers: OutputBuffers) =>
  buffers.rounds().map((round) => round.map(({ topic, partition, records }) => [`${topic}/${partition}`, records.count, records.byteLength] as const)) // prettier-ignore
const ascii = (bytes: number): string => 'a'.repeat(bytes)

describe('records on their way out', () => {
  test('of one partition are one batch while they fit', () => {
    const buffers = new OutputBuffers()
    for (let i = 0; i < 1_000; i++) buffers.append('orders', 2, String(i), ascii(100))
    expect(sizes(buffers).map((round) => round.map(([where, count]) => [where, count]))).toEqual([[['orders/2', 1_000]]]) // prettier-ignore
    expect(buffers.count).toBe(1_000)
  })

  test('that are too many for one batch go on in further requests, in their order', () => {
    const buffers = new OutputBuffers()
    for (let i = 0; i < 30; i++) buffers.append('orders', 0, 'k', ascii(100_000))
    buffers.append('orders', 1, 'k', 'v')
    const rounds = sizes(buffers)
    expect(rounds.length).toBeGreaterThanOrEqual(3)
    expect(rounds.flat().filter(([where]) => where === 'orders/1')).toHaveLength(1)
    for (const [, count, bytes] of rounds.flat()) expect(count > 0 && bytes <= MOST_BYTES).toBe(true)
    expect(rounds.flat().reduce((sum, [, count]) => sum + count, 0)).toBe(31)
  })

  test('never make a batch that a broker refuses, nor put a partition twice into one request, whatever their sizes', () => {
    const record = fc.record({
      partition: fc.nat({ max: 2 }),
      bytes: fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 900_000 })),
      letter: fc.constantFrom('a', 'é', '€', '😀'),
      headers: fc.array(fc.record({ key: fc.string({ maxLength: 20 }), value: fc.string({ maxLength: 200 }) }), { maxLength: 3 }), // prettier-ignore
    })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        const buffers = new OutputBuffers()
        for (const { partition, bytes, letter, headers } of records)
          buffers.append('t', partition, 'key', letter.repeat(Math.floor(bytes / Buffer.byteLength(letter))), headers)
        const rounds = sizes(buffers)
        for (const round of rounds) {
          expect(new Set(round.map(([where]) => where)).size).toBe(round.length)
          for (const [, , bytes] of round) expect(bytes).toBeLessThanOrEqual(MOST_BYTES)
        }
        const written = rounds.flat()
        expect(written.reduce((sum, [, count]) => sum + count, 0)).toBe(records.length)
        expect(written.reduce((sum, [, , bytes]) => sum + bytes, 0)).toBe(buffers.byteLength)
      }),
      { numRuns: 50 },
    )
  })

  test('are forgotten by clear, and what comes then is a new batch', () => {
    const buffers = new OutputBuffers()
    buffers.append('orders', 0, 'k', ascii(1_000))
    buffers.append('payments', 5, null, null)
    buffers.clear()
    expect([buffers.count, buffers.byteLength, buffers.rounds()]).toEqual([0, 0, []])
    buffers.append('orders', 0, 'k', 'v')
    expect(sizes(buffers)).toEqual([[['orders/0', 1, buffers.byteLength]]])
  })
})

describe('a record that no batch can hold', () => {
  test.each(['a', 'é', '€', '😀'])('is known to the byte, whatever letters it has: %s', (letter) => {
    const around = 36
    const fits = Math.floor((MOST_BYTES - around) / Buffer.byteLength(letter))
    for (const extra of [-20, 0, 40]) {
      const value = letter.repeat(fits + extra)
      const buffers = new OutputBuffers()
      buffers.append('t', 0, null, value)
      // Said to be too large at most a few bytes too early, never too late.
      if (buffers.fits('t', null, value)) expect(buffers.byteLength).toBeLessThanOrEqual(MOST_BYTES)
      else expect(buffers.byteLength).toBeGreaterThan(MOST_BYTES - around)
    }
  })

  test('is measured against the limit of its topic', () => {
    const limits = new TopicLimits()
    limits.set('t', 1_000 + 61)
    const buffers = new OutputBuffers(limits)
    expect(buffers.fits('t', 'key', ascii(1_000))).toBe(false)
    expect(buffers.fits('t', 'key', ascii(900))).toBe(true)
    expect(buffers.fits('t', 'key', ascii(900), [{ key: 'a', value: ascii(100) }])).toBe(false)
    expect(buffers.fits('other', 'key', ascii(1_000))).toBe(true)
  })
})

describe('the limit of a topic', () => {
  test('is what each of its batches keeps', () => {
    const limits = new TopicLimits()
    limits.set('small', 2_000)
    const buffers = new OutputBuffers(limits)
    for (let i = 0; i < 100; i++) for (const topic of ['small', 'large']) buffers.append(topic, 0, 'k', ascii(300))
    const sent = sizes(buffers).flat()
    expect(sent.filter(([where]) => where === 'large/0')).toHaveLength(1)
    for (const [where, , bytes] of sent) if (where === 'small/0') expect(bytes).toBeLessThanOrEqual(2_000 - 61)
    expect(sent.reduce((sum, [, count]) => sum + count, 0)).toBe(200)
  })

  test('is kept by a record that goes compressed, alone, in the order in which it came', () => {
    const buffers = new OutputBuffers()
    buffers.append('t', 0, null, 'before')
    buffers.appendPacked('t', 0, null, ascii(3_000_000))
    buffers.append('t', 0, null, 'after')
    expect(buffers.rounds().map(([batch]) => [batch!.compression, batch!.records.count])).toEqual([
      [undefined, 1],
      ['gzip', 1],
      [undefined, 1],
    ])
    buffers.clear()
    buffers.append('t', 0, null, 'x')
    expect(buffers.rounds()[0]![0]!.compression).toBeUndefined()
  })
})
