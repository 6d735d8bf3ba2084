import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OutputBuffers } from '../../../src/kafka/output-buffers.ts'
import { isTooLarge } from '../../../src/pipeline/record-size.ts'

/** What a broker takes of one record batch besides its header, unless it is told otherwise. */
const mostBytes = 1_048_588 - 61

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
    for (const [, count, bytes] of rounds.flat()) expect(count > 0 && bytes <= mostBytes).toBe(true)
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
          for (const [, , bytes] of round) expect(bytes).toBeLessThanOrEqual(mostBytes)
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
    const fits = Math.floor((mostBytes - around) / Buffer.byteLength(letter))
    for (const extra of [-20, 0, 40]) {
      const value = letter.repeat(fits + extra)
      const buffers = new OutputBuffers()
      buffers.append('t', 0, null, value)
      // Said to be too large at most a few bytes too early, never too late.
      if (!isTooLarge(null, value)) expect(buffers.byteLength).toBeLessThanOrEqual(mostBytes)
      else expect(buffers.byteLength).toBeGreaterThan(mostBytes - around)
    }
  })
})
