import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { list, literal, optional, record, unknown } from '../../../../src/pipeline/codec/collection-fields.ts'
import { decimalText, parseDecimal } from '../../../../src/pipeline/codec/decimal.ts'
import { decodeRecord, decodeText } from '../../../../src/pipeline/codec/decode.ts'
import { integer, nullable, oneOf, text, type Field } from '../../../../src/pipeline/codec/fields.ts'
import { bigint, boolean, decimal, epochMillis, epochSeconds, number } from '../../../../src/pipeline/codec/number-fields.ts' // prettier-ignore
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { nested, shape, type Shape } from '../../../../src/pipeline/codec/shape.ts'
import { union } from '../../../../src/pipeline/codec/union.ts'
import { zodField, zodShape } from '../../../../src/pipeline/codec/zod-shape.ts'

const fields: Readonly<Record<string, Field<unknown>>> = {
  boolean: boolean(),
  number: number(),
  decimal: decimal(3),
  cents: decimal(2),
  whole: decimal(0),
  fine: decimal(15),
  bigint: bigint(),
  millis: epochMillis(),
  seconds: epochSeconds(),
  list: list(integer(0)),
  bigints: list(bigint()),
  lists: list(list(text())),
  record: record(decimal(2)),
  optional: optional(integer(1), 7),
  absent: optional(text(), null),
  nullable: optional(nullable(number()), 1),
  literal: literal('order'),
  five: literal(5),
  nothing: literal(null),
  unknown: unknown(),
  nested: nested(shape({ a: integer(0), b: optional(text(), '') })),
  kept: nested(shape({ a: integer(0) }, { passthrough: true })),
  union: nested(union('type', { card: { number: text() }, transfer: { iban: text(), fee: decimal(2) } })),
  zod: zodField(z.array(z.enum(['a', 'b'])).max(2)),
  choice: oneOf('a', 'b'),
}

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double().map((value) => String(value)),
  fc.bigInt().map(String),
  fc.tuple(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), fc.nat(18)).map(([units, places]) => {
    const digits = String(units < 0n ? -units : units).padStart(places + 1, '0')
    return `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - places)}${places > 0 ? `.${digits.slice(-places)}` : ''}`
  }),
  fc.constantFrom('0', '-0', '-0.0', '0.000', '1.50', '1e3', '1E-7', '1.5e-7', '1.04e-7', '1e400', '01', '1.', '.5', '+1', '-', '9007199254740993', '-9007199254740993', '999999999999999', '1000000000000000', '9999999999999.99', '0.1', '1714564800123', '1714564800.123', '1714564800.1235', '123456789012345678.5', '1e+1234567890123456', '12345678901234567e1'),
) // prettier-ignore
/** Of each kind of field something; each is tried in every run. */
const fixed = ['true', 'false', 'null', 'tru', 'falsey', '"order"', '"orde', '5', '"a"', '["a"]', '["a","b","a"]', '{}', '[]', '[1,2,3]', '[1, 2]', '["x",["y"]]', '[["x"],[]]', '[[1]]', '[1,-1]', '[12345678901234567890,"7"]', '{"a":1.5,"b":2}', '{"a":1.505}', '{"a":1}', '{"a":1,"b":"x"}', '{"b":"x","a":1}', '{ "a": 1 }', '{"a":1,"c":[{}]}', '{"a":1,"a":2}', '{"type":"card","number":"1"}', '{"number":"1","type":"card"}', '{"type":"transfer","iban":"x","fee":1.25}', '{"type":"cash"}', '{"type":5}', '{"__proto__":5}', '"\\u0041"', '"Zoë"', '"\ud800"', '"\ufffd"', '[}', '{"a":[}]', '"a\\"b"', '{"x":"}"}', '["]"]'] // prettier-ignore
const json = fc.json({ maxDepth: 3 })
const value = fc.oneof(
  numberText,
  numberText.map((each) => `"${each}"`),
  fc.constantFrom(...fixed),
  json,
) // prettier-ignore
/** A colon or comma, with spaces where somebody may write them. */
const mark = (sign: string) => fc.constantFrom(sign, sign, sign, `${sign} `, `${sign}\n`, ` ${sign}`)

const slowly = (tested: Shape<unknown>, written: string): unknown => {
  const decoded = decodeText({ shape: tested }, written)
  return 'event' in decoded ? decoded.event : undefined
}

describe.each(Object.entries(fields))('a field that is %s', (name, field) => {
  const around = shape({ before: integer(0), it: field, after: text() }) as Shape<Record<string, unknown>>

  it('is read the same from bytes, parsed JSON and its schema, and is written so that it reads the same', () => {
    let [scans, events] = [0, 0]
    fc.assert(
      fc.property(value, mark(':'), mark(','), (written, colon, comma) => {
        // no double is as large, and -0 is written as 0
        if (name === 'unknown' && /^(1e(400|\+)|-0)/.test(written)) return
        const whole = `{"before":1,"it"${colon}${written}${comma}"after":"x"}`
        const bytes = Buffer.from(whole)
        const scan = around.scan!(bytes, 0, bytes.length)
        const slow = slowly(around, whole)
        if (scan !== undefined) {
          scans++
          expect(scan).toStrictEqual(slow)
        }
        let parsed: unknown
        try {
          parsed = JSON.parse(whole)
        } catch {
          expect(slow).toBeUndefined()
          return
        }
        expect('event' in around.decode(parsed)).toBe(around.schema.safeParse(parsed).success)
        if (slow === undefined) return
        events++
        const again = around.encode(slow as Record<string, unknown>)
        expect(slowly(around, again)).toStrictEqual(slow)
        const againBytes = Buffer.from(again)
        const quick = around.scan!(againBytes, 0, againBytes.length)
        if (quick !== undefined) expect(quick).toStrictEqual(slow)
      }),
      { numRuns: 1_500, examples: fixed.map((each) => [each, ':', ',']) },
    )
    expect(events).toBeGreaterThan(0)
    expect(scans).toBeGreaterThan(0)
  })

  it('is refused with its name and in a short sentence', () => {
    fc.assert(
      fc.property(json, (written) => {
        const decoded = around.decode({ before: 1, it: JSON.parse(written) as unknown, after: 'x' })
        if ('reason' in decoded) expect(decoded.reason).toMatch(/^it(\.|\[|\b).{1,400}$/s)
      }),
      { numRuns: 100 },
    )
    const missing = around.decode({ before: 1, after: 'x' })
    if ('reason' in missing) expect(missing.reason).toBe('it is missing')
    else expect(name).toMatch(/optional|absent|nullable/)
  })
})

describe('numbers', () => {
  it('a decimal is exactly what was written, with up to 15 digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), fc.nat(15), (units, places) => {
        const field = decimal(places)
        const written = field.json(units)
        expect(field.read(JSON.parse(written))).toBe(units + 0)
        expect(parseDecimal(written, places)).toBe(units + 0)
        const bytes = Buffer.from(`${written},`)
        expect(field.scan!(bytes, 0)).toBe(units + 0)
      }),
    )
    expect(decimalText(-12_500, 3)).toBe('-12.5')
    expect(decimal(2).refusal('price', 1.505)).toBe('price must be a number with at most 2 decimals, from -9999999999999.99 to 9999999999999.99, not 1.505') // prettier-ignore
  })

  it('a bigint keeps all its digits, whether they come as a number or as text', () => {
    const tested = shape({ id: bigint(), ids: list(bigint()), note: text() })
    const id = 123_456_789_012_345_678_901_234_567_890n
    const note = 'not 12345678901234567890 "12345678901234567890'
    const out = { note: JSON.stringify(note), id }
    for (const written of [
      `{"note":${out.note},"ids":[1],"id":${id}}`,
      `{"id":"${id}","ids":["1"],"note":${out.note}}`,
      `{"id":${id},"ids":[1],"note":${out.note}}`,
    ])
      // prettier-ignore
      expect(decodeText({ shape: tested }, written)).toEqual({ event: { id, ids: [1n], note } })
    expect(tested.encode({ id, ids: [-1n], note: '' })).toBe(`{"id":${id},"ids":[-1],"note":""}`)
    expect(decodeText({ shape: tested }, `{"id":${id}.5,"ids":[],"note":""}`)).toMatchObject({ reason: expect.stringMatching(/^id must be a whole number/) as string }) // prettier-ignore
  })

  it('epoch seconds are the nearest ms, and are written back with at most three decimals', () => {
    expect(epochSeconds().read(1_714_564_800.1235)).toBe(1_714_564_800_124)
    expect(epochSeconds().json(1_714_564_800_120)).toBe('1714564800.12')
    expect(epochMillis().read(1.5)).toBeUndefined()
    expect(epochMillis().read(1e18)).toBeUndefined()
  })
})

describe('unknown fields', () => {
  const tested = shape({ id: integer(0), name: text() }, { passthrough: true })
  it('are kept where that is asked for, after the others, and left out otherwise', () => {
    const wire = JSON.parse('{"more":[1,{"x":null}],"name":"Ada","id":1,"__proto__":{"a":1},"zip":"0815"}') as unknown
    const decoded = tested.decode(wire)
    expect(decoded).toEqual({ event: { id: 1, name: 'Ada', more: [1, { x: null }], zip: '0815' } })
    const { event } = decoded as { event: never }
    expect(tested.encode(event)).toBe('{"id":1,"name":"Ada","more":[1,{"x":null}],"zip":"0815"}')
    expect(shape({}, { passthrough: true }).encode({ a: 1 })).toBe('{"a":1}')
    expect(shape({ id: integer(0) }).decode(wire)).toEqual({ event: { id: 1 } })
  })

  it('leave the generated reader to records without any', () => {
    const [plain, more] = ['{"id":1,"name":"Ada"}', '{"id":1,"name":"Ada","more":1}'].map((each) => Buffer.from(each))
    expect(tested.scan!(plain!, 0, plain!.length)).toEqual({ id: 1, name: 'Ada' })
    expect(tested.scan!(more!, 0, more!.length)).toBeUndefined()
  })
})

describe('a union', () => {
  const tested = union('type', { card: { number: text() }, transfer: { iban: text() } })
  it.each([
    [{ type: 'card', number: '1' }, undefined],
    [{ number: '1' }, 'type is missing'],
    [{ type: 'cash' }, 'type must be card or transfer, not "cash"'],
    [{ type: 'card' }, 'number is missing'],
    [[], 'the value must be a JSON object, not an array'],
  ])('of %j', (event, reason) => {
    expect(tested.decode(event)).toEqual(reason === undefined ? { event } : { reason })
    expect(tested.schema.safeParse(event).success).toBe(reason === undefined)
  })

  it('is read by its generated readers', () => {
    const bytes = Buffer.from(tested.encode({ type: 'transfer', iban: 'x' }))
    expect(tested.scan!(bytes, 0, bytes.length)).toEqual({ type: 'transfer', iban: 'x' })
  })
})

describe('a zod schema', () => {
  const tested = zodShape(z.object({ at: z.iso.datetime(), size: z.number().positive() }))
  it('says what is wrong, and where', () => {
    expect(tested.decode({ at: '2026-01-01T00:00:00Z', size: -1 })).toMatchObject({ reason: expect.stringMatching(/^size is not as its schema says: /) as string }) // prettier-ignore
    expect(tested.decode(5)).toEqual({ reason: 'the value must be a JSON object, not 5' })
    expect(tested.decode({ at: '2026-01-01T00:00:00Z', size: 1 })).toEqual({ event: { at: '2026-01-01T00:00:00Z', size: 1 } }) // prettier-ignore
  })
  it('declares a topic as it is', () => {
    const topic = defineTopic('sized', z.object({ size: z.number().positive() }), { key: ({ size }) => String(size) })
    expect(decodeText(topic, '{"size":2}')).toEqual({ event: { size: 2 } })
    expect(decodeText(topic, '{"size":-2}')).toHaveProperty('reason')
  })
})

it('bytes that are not text are never read by a part of the record', () => {
  const tested = shape({ tags: list(text()) })
  const bytes = Buffer.concat([Buffer.from('{"tags":["'), Buffer.from([0xff]), Buffer.from('"]}')])
  expect(tested.scan!(bytes, 0, bytes.length)).toBeUndefined()
  expect(decodeRecord({ shape: tested }, bytes)).toEqual({ reason: 'the value is not UTF-8 text' })
})

it('a value that does not end is not looked for beyond its record', () => {
  const tested = shape({ tags: list(text()) })
  const bytes = Buffer.concat([Buffer.from('{"tags":["a'), Buffer.alloc(4), Buffer.from('"]}')])
  expect(tested.scan!(bytes, 0, bytes.length)).toBeUndefined()
})
