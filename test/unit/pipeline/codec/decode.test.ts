import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord, decodeText } from '../../../../src/pipeline/codec/decode.ts'
import { enrichedOrders, orders, users } from '../../../../src/pipeline/events/topics.ts'
import { order, userEvent } from '../../../../src/pipeline/testing/events.ts'

const { event } = order()
const text = orders.shape.encode(event)

describe('decodeRecord', () => {
  it('reads an event', () => {
    expect(decodeRecord(orders, Buffer.from(text))).toEqual({ event })
    expect(decodeText(orders, text)).toEqual({ event })
  })

  it.each([
    [null, 'the value is empty'],
    [Buffer.alloc(0), 'the value is empty'],
    [Buffer.from('  \n'), 'the value is empty'],
    [Buffer.from('hello'), 'the value is not JSON: "hello"'],
    [Buffer.from(`${text}}`), expect.stringMatching(/^the value is not JSON: "\{\\"order_id\\":.*…"$/)],
    [Buffer.from([0x22, 0xff, 0x22]), 'the value is not UTF-8 text'],
    [Buffer.from(text, 'utf16le'), expect.stringMatching(/^the value is not JSON/)],
    [Buffer.from(`\uFEFF${text}`), expect.stringMatching(/^the value is not JSON/)],
    [Buffer.from('null'), 'the value must be a JSON object, not null'],
    [Buffer.from(`[${text}]`), 'the value must be a JSON object, not an array'],
    [Buffer.from('{}'), 'order_id is missing'],
    [Buffer.from('['.repeat(500_000)), expect.stringMatching(/^the value is not JSON/)],
    [Buffer.from(`${'['.repeat(500_000)}${']'.repeat(500_000)}`), 'the value must be a JSON object, not an array'],
  ])('refuses %#', (value, reason: unknown) => {
    expect(decodeRecord(orders, value)).toEqual({ reason })
  })

  it('tells a replacement character from broken UTF-8', () => {
    const user = userEvent({ name: 'a \uFFFD b' }).event
    const bytes = Buffer.from(users.shape.encode(user))
    expect(decodeRecord(users, bytes)).toEqual({ event: user })
    const broken = Buffer.from(bytes)
    broken[bytes.indexOf(0xef) + 2] = 0x20
    expect(decodeRecord(users, broken)).toEqual({ reason: 'the value is not UTF-8 text' })
  })

  it('lets the last of duplicate keys win, as JSON.parse does', () => {
    expect(decodeText(orders, `{"quantity":"many",${text.slice(1)}`)).toEqual({ event })
    expect(decodeText(orders, `${text.slice(0, -1)},"quantity":0}`)).toEqual({
      reason: 'quantity must be an integer of at least 1, not 0',
    })
  })

  it.each([
    ['price', '1e400', 'price must be at most 90071992547409.91, not 1e400'],
    ['price', '-1e400', 'price must be at least 0, not -1e400'],
    ['price', '10.0010000', 'price must be a number with at most two decimals, not 10.0010000'],
    ['price', '0.1000000000000001', 'price must be a number with at most two decimals, not 0.1000000000000001'],
    ['user_id', '9007199254740993', 'user_id must be at most 9007199254740991, not 9007199254740993'],
    ['user_id', '-0.0', 'user_id must be an integer of at least 1, not -0.0'],
    ['user_id', '1E2000', 'user_id must be an integer of at least 1, not 1E2000'],
    ['user_id', `0.${'1'.repeat(80)}`, `user_id must be an integer of at least 1, not 0.${'1'.repeat(58)}…`],
    ['order_id', '1.50', 'order_id must be a UUID, not 1.50'],
  ])('quotes the %s %s as it is written', (field, written, reason) => {
    const wire = JSON.parse(text) as Record<string, unknown>
    const json = JSON.stringify({ extra: { [field]: 1 }, ...wire, [field]: '@', more: [{ [field]: 2 }, 3] })
    expect(decodeText(orders, json.replace('"@"', written))).toEqual({ reason })
  })

  it('quotes the last of duplicate fields, one within another, and a whole value as they are written', () => {
    const last = `${text.slice(0, -1)},"quantity":1.50,"quant\\u0069ty":2.50}`
    expect(decodeText(orders, last)).toEqual({ reason: 'quantity must be an integer of at least 1, not 2.50' })
    expect(decodeText(orders, ' 1.50 ')).toEqual({ reason: 'the value must be a JSON object, not 1.50' })
    const user = `"user":{"name":1.50,"last_event_type":"login","last_seen":"2024-05-01T12:00:00Z"}`
    const enriched = `${text.slice(0, -1)},"total":10,${user}}`
    expect(decodeText(enrichedOrders, enriched)).toEqual({ reason: 'user.name must be text, not 1.50' })
  })

  it('never throws, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map((json) => Buffer.from(json)),
      fc.tuple(fc.nat({ max: text.length - 1 }), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
        const damaged = Buffer.from(text)
        damaged[at] = byte
        return damaged
      }),
    )
    fc.assert(
      fc.property(bytes, (value) => {
        const decoded = decodeRecord(orders, Buffer.from(value))
        if ('reason' in decoded) expect(decoded.reason).not.toBe('')
        else expect(decodeText(orders, orders.shape.encode(decoded.event))).toEqual(decoded)
      }),
      { numRuns: 1000 },
    )
  })
})
