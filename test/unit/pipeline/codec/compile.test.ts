import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { integer, money, nullable, oneOf, text, time, uuid } from '../../../../src/pipeline/codec/fields.ts'
import { nested, shape, type Shape } from '../../../../src/pipeline/codec/shape.ts'
import { generatedEncoder, interpretingEncoder } from '../../../../src/pipeline/codec/write.ts'
import { scanned } from '../../../../src/pipeline/codec/plain.ts'
import { generatedUuidScan, interpretingUuidScan } from '../../../../src/pipeline/codec/scan-uuid.ts'
import { generatedScanner, interpretingScanner, partsOf } from '../../../../src/pipeline/codec/compile.ts'
import { failedPayments, orders, payments, users } from '../../../../src/pipeline/events/topics.ts'
import { ordersAt } from '../../../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../../../src/pipeline/sources/payments.ts'

const everything = shape({
  id: uuid(),
  count: integer(1),
  status: oneOf('SUCCESS', 'FAILED'),
  amount: money(),
  name: text(),
  product_id: nullable(integer(0)),
  timestamp: time(),
})
type Tested = Pick<Shape<unknown>, 'scan' | 'decode'>

/** What JSON.parse and the decoder make of a text; undefined when they refuse it. */
function slowly(tested: Tested, text: string): unknown {
  try {
    const decoded = tested.decode(JSON.parse(text))
    return 'event' in decoded ? decoded.event : undefined
  } catch {
    return undefined
  }
}
const scanIn = (tested: Tested, bytes: Buffer, from = 0, to = bytes.length): unknown => tested.scan?.(bytes, from, to)
const quickly = (tested: Tested, text: string): unknown => scanIn(tested, Buffer.from(text))

const id = fc.oneof(
  fc.uuid(),
  fc.uuid().map((u) => u.toUpperCase()),
  fc.constant('11111111-1111-4111-8111-11111111111g'),
)
const number = fc.oneof(
  fc.nat().map(String),
  fc.nat().map((cents) => String(cents / 100)),
  fc.maxSafeInteger().map((cents) => (cents / 100).toFixed(2)),
  fc.double().map(String),
  fc.constantFrom('0', '-0', '00', '01', '1.', '.5', '1.5', '1.50', '1.500', '1.005', '1e3', '1E2', '-1', '999999999999999', '9007199254740991', '9007199254740993', '99999999999.99', '999999999999.99', '90071992547409.91', 'null', '"1"', 'NaN', '+1', '0.1', '1.0'),
) // prettier-ignore
const date = fc.oneof(
  fc.date({ noInvalidDate: true }).map((d) => d.toISOString()),
  fc.constantFrom('2024-05-01 12:00:00', '2024-02-30 12:00:00', '2024-02-29 23:59:59', '2023-02-29T00:00:00.000Z', '2024-05-01T12:00:00Z', '2024-05-01T12:00:00.5Z', '2024-05-01T12:00:00.123456Z', '2024-05-01T14:00:00+02:00', '2024-05-01T12:00', '2024-05-01 12:00:00+00:00', '2024-05-01 12:00:00.123456', '2024-05-01t12:00:00z', '2024-05-01T12:00:00.000z', '2024-05-01t12:00:00.000Z', '2024-05-01 12:00:00.000Z', '2024-05-01 12:00:00 Z', '2024-05-01 12:00:00 UTC', '2024-05-01T12:00Z[UTC]', '2024-05-01T24:00:00.000Z', '0000-01-01T00:00:00.000Z', '0001-01-01 00:00:00', '9999-12-31T23:59:59.999Z', '2024-13-01 00:00:00', '2024-00-10 00:00:00', '2024-1a-01 00:00:00', 'today'),
) // prettier-ignore
const words = fc
  .oneof(fc.string(), fc.constantFrom('Ada', 'Zoë', 'a "b"', 'a\\b', '', '\u007f', '\t'))
  .map((s) => JSON.stringify(s))
const wild = {
  id: id.map((text) => `"${text}"`),
  count: number,
  status: fc.constantFrom('"SUCCESS"', '"FAILED"', '"SUCCES"', '"FAILED', 'FAILED', '"OK"', 'null'),
  amount: number,
  name: words,
  product_id: number,
  timestamp: date.map((text) => `"${text}"`),
}
const plain = { id: '"11111111-1111-4111-8111-aAbBcCdDeEfF"', count: '7', status: '"FAILED"', amount: '10.55', name: '"Ada"', product_id: 'null', timestamp: '"2024-05-01T12:00:00.000Z"' } // prettier-ignore
const mark = (sign: string) => fc.constantFrom(sign, sign, sign, `${sign} `, ` ${sign}`, `${sign}  `, `${sign}\n`, '')

/** Text in the plain form but for a field or two, a mark and an end. */
const written = fc
  .tuple(
    fc.subarray(Object.keys(plain) as (keyof typeof plain)[], { minLength: 0, maxLength: 2 }),
    fc.record(wild),
    fc.tuple(mark(':'), mark(','), mark('{')),
    fc.constantFrom('}', '}', '}', '}', ',"more":1}', ',"count":2}', '}}', '} ', ''),
  )
  .map(([names, others, [colon, comma, opening], end]) => {
    const values = { ...plain, ...Object.fromEntries(names.map((name) => [name, others[name]])) }
    const fields = Object.entries(values).map(([name, value], i) => `"${name}"${i === 3 ? colon : ':'}${value}`)
    return `${opening}${fields.slice(0, 4).join(',')}${comma}${fields.slice(4).join(',')}${end}`
  })

describe('scan', () => {
  it('never differs from JSON.parse and the decoder', () => {
    let scans = 0
    fc.assert(
      fc.property(written, (text) => {
        const scan = quickly(everything, text)
        if (scan === undefined) return
        scans++
        expect(scan).toStrictEqual(slowly(everything, text))
      }),
      { numRuns: 20_000 },
    )
    expect(scans).toBeGreaterThan(400)
  })

  it('never differs when a byte is changed, left out or doubled', () => {
    const text = payments.shape.encode(
      paymentSource({ seed: 1, startMs: 0, intervalMs: 10, failureRate: 0.3 }).event(5),
    )
    const changed = fc.tuple(fc.nat(text.length - 1), fc.nat(255), fc.nat(2)).map(([at, byte, kind]) => {
      const bytes = Buffer.from(text)
      if (kind === 0) bytes[at] = byte
      return kind === 0 ? bytes : Buffer.concat([bytes.subarray(0, at), bytes.subarray(kind === 1 ? at + 1 : at - 1)])
    })
    fc.assert(
      fc.property(changed, (bytes) => {
        const scan = scanIn(payments.shape, bytes)
        if (scan !== undefined) expect(scan).toStrictEqual(slowly(payments.shape, bytes.toString()))
      }),
      { numRuns: 5_000 },
    )
  })

  it('never reads beyond the bytes it was given', () => {
    const text = orders.shape.encode(ordersAt(1)(7, 0))
    const bytes = Buffer.from(`${text}${text}`)
    for (let end = 0; end < text.length; end++) {
      expect(scanIn(orders.shape, bytes, 0, end)).toBeUndefined()
      expect(scanIn(orders.shape, bytes.subarray(0, end))).toBeUndefined()
    }
    const first = slowly(orders.shape, text)
    expect(scanIn(orders.shape, bytes, 0, text.length)).toEqual(first)
    expect(scanIn(orders.shape, bytes, text.length, bytes.length)).toEqual(first)
    expect(scanIn(orders.shape, bytes, 1, text.length)).toBeUndefined()
  })

  it('reads whatever payflow writes to the topics that its workers read', () => {
    const source = paymentSource({ seed: 1, startMs: 1_700_000_000_000, intervalMs: 10, failureRate: 0.3 })
    for (let i = 0; i < 500; i++) {
      const payment = source.event(i)
      const { payment_id: _, status: __, ...picked } = payment
      for (const [tested, json] of [
        [payments.shape, payments.shape.encode(payment)],
        [failedPayments.shape, failedPayments.shape.encode(picked)],
        [orders.shape, orders.shape.encode(ordersAt(1)(i, i))],
      ] as const) {
        const scan = quickly(tested, json)
        expect(scan).toBeDefined()
        expect(scan).toStrictEqual(slowly(tested, json))
      }
    }
  })

  it('takes a space after brace, comma and colon, as Python writes them', () => {
    const json =
      '{"user_id": 7, "name": "Ada", "event_type": "login", "product_id": null, "timestamp": "2024-05-01 12:00:00"}'
    expect(quickly(users.shape, json)).toStrictEqual(slowly(users.shape, json))
    expect(quickly(users.shape, json)).toBeDefined()
  })

  it('reads objects within, and has nothing to say of shapes without fields', () => {
    const outer = shape({ inner: nested(shape({ n: integer(0) })) })
    expect(quickly(outer, '{"inner":{"n":1}}')).toStrictEqual({ inner: { n: 1 } })
    expect(quickly(outer, '{"inner":{"m":2, "n":1}}')).toStrictEqual({ inner: { n: 1 } })
    expect(quickly(outer, '{"inner":{"n":-1}}')).toBeUndefined()
    expect(quickly(shape({}), '{}')).toBeUndefined()
  })

  it('reads more fields than any topic has, whatever their names', () => {
    const names = ['__prot', 'a"b', "'", '\\', '`${1}`', '\n', '\u2028', 'Zoë', 'constructor', '*/', '0']
    const wide = shape(Object.fromEntries(names.map((name) => [name, integer(0)])))
    const json = JSON.stringify(Object.fromEntries(names.map((name, i) => [name, i])))
    // '0' comes first in an object, whatever the order it was written in
    expect(quickly(wide, json)).toBeDefined()
    expect(quickly(wide, json)).toStrictEqual(slowly(wide, json))
    expect(wide.encode(quickly(wide, json) as never)).toBe(json)
    expect(quickly(shape({ ['__proto__']: integer(0) }), '{"__proto__":1}')).toBeUndefined()
  })
})

describe('where no code may be generated', () => {
  const generated = generatedUuidScan()

  it('an interpreted scan reads the same from any bytes', () => {
    const parts = partsOf(everything.fields)!
    const [compiled, interpreted] = [generatedScanner(parts), interpretingScanner(parts)]
    let events = 0
    fc.assert(
      fc.property(written, fc.nat(3), (text, before) => {
        const bytes = Buffer.from(' '.repeat(before) + text)
        const event = compiled(bytes, before, bytes.length)
        if (event !== undefined) events++
        expect(interpreted(bytes, before, bytes.length)).toStrictEqual(event)
      }),
      { numRuns: 5_000 },
    )
    expect(events).toBeGreaterThan(100)
  })

  it('an interpreted scan reads the same ids', () => {
    const id = fc.uuid().chain(
      (text) =>
      fc.tuple(fc.constantFrom(text, text.toUpperCase(), text.slice(1), `${text}0`), fc.nat(40), fc.constantFrom('-', 'g', 'A', '"', '\u0000', 'é')), // prettier-ignore
    )
    let read = 0
    fc.assert(
      fc.property(id, fc.boolean(), fc.nat(2), ([text, at, other], damaged, after) => {
        const bytes = Buffer.from(
          `{"${damaged ? text.slice(0, at) + other + text.slice(at + 1) : text}"${' '.repeat(after)}`,
        )
        scanned.end = 0
        const value = generated(bytes, 1)
        const end = scanned.end
        scanned.end = 0
        expect([interpretingUuidScan(bytes, 1), scanned.end]).toEqual([value, end])
        if (value === undefined) return
        read++
        expect(value).toBe(bytes.toString('utf8', 2, end - 1).toLowerCase())
      }),
      { numRuns: 3_000 },
    )
    expect(read).toBeGreaterThan(100)
  })

  it('an interpreted encoder writes the same bytes', () => {
    const payment = paymentSource({ seed: 1, startMs: 0, intervalMs: 10, failureRate: 0.3 })
    const order = ordersAt(1)
    for (let i = 0; i < 200; i++)
      for (const [shape, event] of [
        [payments.shape, { ...payment.event(i) }],
        [orders.shape, { ...order(i, i) }],
      ] as const) {
        const text = interpretingEncoder(shape.fields)(event)
        expect(text).toBe(generatedEncoder(shape.fields)(event))
        expect(text).toBe(shape.encode(event as never))
      }
    expect(interpretingEncoder({})({})).toBe(generatedEncoder({})({}))
  })
})
