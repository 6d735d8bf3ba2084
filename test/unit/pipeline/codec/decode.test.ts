import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord, decodeText } from '../../../../src/pipeline/codec/decode.ts'
import { orders, users } from '../../../../src/pipeline/events/topics.ts'
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
