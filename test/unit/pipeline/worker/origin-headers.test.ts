import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { originOf as auditsOrigin } from '../../../../src/app/audit/origin.ts'
import { originHeaders, readOrigin, readRefusal, readReset, refusalHeaders, resetHeaders, type Origin } from '../../../../src/pipeline/worker/origin-headers.ts' // prettier-ignore

type Written = ReturnType<typeof originHeaders>
/** As a record gives them back. */
const read = (headers: Written) =>
  headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) }))

const own = { timestamp: 5, key: Buffer.from('own') }
const headersOf = (texts: Record<string, string>) => read(Object.entries(texts).map(([key, value]) => ({ key: `payflow.${key}`, value }))) // prettier-ignore

const origins: fc.Arbitrary<Origin> = fc.record({
  topic: fc.stringMatching(/^[\w.-]{1,249}$/),
  partition: fc.nat(),
  offset: fc.nat({ max: 2 ** 49 }),
  timestamp: fc.oneof(fc.constantFrom(-1, 0), fc.maxSafeInteger(), fc.integer({ min: 0, max: 4e12 })),
  key: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  replays: fc.nat(),
})

describe('where a record came from', () => {
  test('is read as it was written, whatever time and key the record had', () => {
    fc.assert(
      fc.property(origins, (origin) => {
        expect(readOrigin(read(originHeaders([], origin, true)), own)).toEqual(origin)
      }),
    )
  })

  test('stays the same however often it is handed on, beside the headers of others', () => {
    const others = read([{ key: 'trace', value: 'abc' }])
    fc.assert(
      fc.property(origins, (origin) => {
        const once = read(originHeaders(others, origin, true))
        expect(read(originHeaders(once, readOrigin(once, own)!, true))).toEqual(once)
        expect(once[0]).toEqual(others[0])
      }),
    )
  })

  test('is what the audit reads by itself', () => {
    fc.assert(
      fc.property(origins, ({ timestamp, key, ...place }) => {
        const written = read(originHeaders([], { ...place, timestamp, key }, false))
        expect(auditsOrigin(written)).toEqual({ ...place, writtenMs: timestamp })
      }),
    )
  })

  test.each<Record<string, string>>([
    {},
    { topic: 'orders' },
    { topic: 'orders', partition: '1' },
    { topic: 'orders', offset: '1' },
    { partition: '1', offset: '1' },
    { topic: 'orders', partition: 'one', offset: '1' },
    { topic: 'orders', partition: '1', offset: '-1' },
    { topic: 'orders', partition: '1', offset: '1.5' },
    { topic: 'orders', partition: '', offset: '1' },
  ])('is not known unless headers name topic, partition and offset: %j', (texts) => {
    expect(readOrigin(headersOf(texts), own)).toBeUndefined()
    expect(auditsOrigin(headersOf(texts))).toBeUndefined()
  })

  test('time, key and replays are the record’s own where no header says otherwise', () => {
    const headers = headersOf({ topic: 'orders', partition: '1', offset: '2', timestamp: 'yesterday' })
    expect(readOrigin(headers, own)).toEqual({ topic: 'orders', partition: 1, offset: 2, replays: 0, ...own })
  })
})

test('a dead letter says who refused it and why, and a reset whose dead letters are void', () => {
  const origin = { topic: 'orders', partition: 1, offset: 2, replays: 0, ...own }
  const refusal = { worker: 'large-orders', reason: 'amount is missing' }
  const letter = read(refusalHeaders(refusal, [], origin))
  expect([readRefusal(letter), readOrigin(letter, own), readReset(letter)]).toEqual([refusal, origin, undefined])
  const reset = read(resetHeaders('large-orders', 0))
  expect([readReset(reset), readRefusal(reset)]).toEqual(['large-orders', undefined])
})
