import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { integer, money, nullable, oneOf, text, time, uuid } from '../../../../src/pipeline/codec/fields.ts'
import { shape } from '../../../../src/pipeline/codec/shape.ts'
import { publicTopics } from '../../../../src/pipeline/events/topics.ts'

const everything = shape({
  id: uuid(),
  count: integer(1),
  status: oneOf('SUCCESS', 'FAILED'),
  amount: money(),
  name: text(),
  product_id: nullable(integer(0)),
  timestamp: time(),
})
const wire = {
  id: '11111111-1111-4111-8111-aAbBcCdDeEfF',
  count: 7,
  status: 'FAILED',
  amount: 10.55,
  name: 'Zoë "Z" \u2028 \ud800',
  product_id: 0,
  timestamp: '2024-05-01T14:00:00+02:00',
}

const event = { ...wire, id: '11111111-1111-4111-8111-aabbccddeeff', amount: 1055, timestamp: Date.UTC(2024, 4, 1, 12) }

describe('decode', () => {
  it('reads money as cents, times as ms and ids in lower case', () => {
    expect(everything.decode(wire)).toEqual({ event })
  })

  it('leaves unknown fields out', () => {
    const decoded = everything.decode(JSON.parse(`{"extra":1,"__proto__":{"count":0},${JSON.stringify(wire).slice(1)}`))
    expect(decoded).toEqual({ event })
    expect(Object.keys((decoded as { event: object }).event)).toEqual(Object.keys(wire))
  })

  it('takes nothing from __proto__', () => {
    const decoded = everything.decode(JSON.parse(`{"__proto__":${JSON.stringify(wire)}}`))
    expect(decoded).toEqual({ reason: 'id is missing' })
    expect(({} as Record<string, unknown>)['count']).toBeUndefined()
  })

  it('takes a missing nullable field for null', () => {
    const { product_id: _, ...without } = wire
    expect(everything.decode(without)).toEqual({ event: { ...event, product_id: null } })
    expect(everything.decode({ ...wire, product_id: null })).toEqual({ event: { ...event, product_id: null } })
  })

  it.each([
    ['amount', 10.555, 'amount must be a number with at most two decimals, not 10.555'],
    ['amount', '10', 'amount must be a number with at most two decimals, not "10"'],
    ['amount', -5, 'amount must be at least 0, not -5'],
    ['amount', 1e15, 'amount must be at most 90071992547409.91, not 1000000000000000'],
    ['count', undefined, 'count is missing'],
    ['count', null, 'count must be an integer of at least 1, not null'],
    ['count', '7', 'count must be an integer of at least 1, not "7"'],
    ['count', 0, 'count must be an integer of at least 1, not 0'],
    ['count', 1.5, 'count must be an integer of at least 1, not 1.5'],
    ['count', 2 ** 53, 'count must be at most 9007199254740991, not 9007199254740992'],
    ['status', 'ok', 'status must be SUCCESS or FAILED, not "ok"'],
    ['status', ['FAILED'], 'status must be SUCCESS or FAILED, not an array'],
    ['id', 'x', 'id must be a UUID, not "x"'],
    ['id', '1111111101111-4111-8111-111111111111', 'id must be a UUID, not "1111111101111-4111-8111-111111111111"'],
    ['id', '11111111-1111-4111-8111-11111111111Ł', 'id must be a UUID, not "11111111-1111-4111-8111-11111111111Ł"'],
    ['id', '11111111-1111-4111-8111-11111111111g', 'id must be a UUID, not "11111111-1111-4111-8111-11111111111g"'],
    ['name', 5, 'name must be text, not 5'],
    ['name', { first: 'Ada' }, 'name must be text, not an object'],
    ['product_id', false, 'product_id must be an integer of at least 0, not false'],
    ['timestamp', 'today', 'timestamp must be a time with a zone, such as 2024-05-01T12:30:00Z, not "today"'],
    ['timestamp', 5, 'timestamp must be a time with a zone, such as 2024-05-01T12:30:00Z, not 5'],
    ['status', 'x'.repeat(1e6), `status must be SUCCESS or FAILED, not "${'x'.repeat(60)}…"`],
  ])('says what is wrong with %s %j', (name, value, reason) => {
    expect(everything.decode({ ...wire, [name]: value })).toEqual({ reason })
  })

  it.each([
    [null, 'the value must be a JSON object, not null'],
    [[wire], 'the value must be a JSON object, not an array'],
    ['text', 'the value must be a JSON object, not "text"'],
    [5, 'the value must be a JSON object, not 5'],
  ])('refuses %j', (value, reason) => {
    expect(everything.decode(value)).toEqual({ reason })
  })

  it('reads more fields than any topic has', () => {
    const names = Array.from({ length: 12 }, (_, i) => `field_${i}`)
    const wide = shape(Object.fromEntries(names.map((name) => [name, integer(0)])))
    const values = Object.fromEntries(names.map((name, i) => [name, i]))
    expect(wide.decode({ ...values, more: true })).toEqual({ event: values })
    for (const name of names)
      expect(wide.decode({ ...values, [name]: -1 })).toEqual({
        reason: `${name} must be an integer of at least 0, not -1`,
      })
  })
})

describe('encode', () => {
  it('writes the fields in the order of the shape', () => {
    const decoded = everything.decode(Object.fromEntries(Object.entries(wire).reverse()))
    if ('reason' in decoded) throw new Error(decoded.reason)
    const text = everything.encode(decoded.event)
    expect(text).toBe(JSON.stringify({ ...wire, id: event.id, timestamp: '2024-05-01T12:00:00.000Z' }))
  })
})

/** Values near what a field takes, and values of every other kind. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    '',
    '-',
    'SUCCESS',
    'PAID',
    'PayPal',
    'login',
    {},
    [],
    0,
    -0,
    -1,
    1,
    2 ** 53,
  ),
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.uuid().map((id) => `${id.slice(0, -1)}g`),
  fc.integer(),
  fc.maxSafeInteger().map((cents) => cents / 100),
  fc.nat().map((cents) => cents / 100),
  fc.nat().map((mills) => mills / 1000),
  fc.double(),
  fc.string(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('2024-05-01 12:00:00', '2024-05-01T12:00', '2024-02-30T12:00Z'),
  fc.constantFrom({ name: 'Ada', last_event_type: 'login', last_seen: '2024-05-01T12:00Z' }, { name: 'Ada' }),
)

const choices = ['SUCCESS', 'FAILED', 'PAID', 'DECLINED', 'PayPal', 'Credit Card', 'login', 'signup']

describe.each(publicTopics.map((topic) => [topic.name, topic.shape] as const))('the shape of %s', (_name, tested) => {
  const { shape: schemas } = tested.schema as unknown as { shape: Record<string, z.ZodType> }
  const fields = Object.keys(schemas)
  const anyWire = fc.record(Object.fromEntries(fields.map((field) => [field, value])))
  const samples = [null, 1, 12.5, ...choices, '11111111-1111-4111-8111-aabbccddeeff', '2024-05-01 12:00:00', { name: 'Ada', last_event_type: 'login', last_seen: '2024-05-01T12:00Z' }] // prettier-ignore
  const good = (field: string) => fc.constantFrom(...samples.filter((sample) => schemas[field]!.safeParse(sample).success)) // prettier-ignore
  const nearlyGood = fc
    .tuple(
      fc.record(Object.fromEntries(fields.map((field) => [field, good(field)]))),
      fc.constantFrom(...fields),
      fc.option(value),
    )
    .map(([wire, field, other]) => (other === null ? wire : { ...wire, [field]: other }))

  it('takes what its zod schema takes, and nothing else', () => {
    let taken = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: nearlyGood }, anyWire, value), (candidate) => {
        const decoded = tested.decode(candidate)
        expect('event' in decoded).toBe(tested.schema.safeParse(candidate).success)
        if ('event' in decoded) taken++
        else expect(decoded.reason).toMatch(/^(the value|[a-z_.]+) (is missing|must be .+, not .+)$/su)
      }),
      { numRuns: 400 },
    )
    expect(taken).toBeGreaterThan(0)
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(nearlyGood, (candidate) => {
        const decoded = tested.decode(candidate)
        if ('event' in decoded) expect(tested.decode(JSON.parse(tested.encode(decoded.event)))).toEqual(decoded)
      }),
    )
  })
})
