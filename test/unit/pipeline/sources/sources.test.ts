import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeText } from '../../../../src/pipeline/codec/decode.ts'
import { orderSource } from '../../../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../../../src/pipeline/sources/payments.ts'
import type { Source } from '../../../../src/pipeline/sources/source.ts'
import { userSource } from '../../../../src/pipeline/sources/users.ts'
import { NOON_MS } from '../../../../src/pipeline/testing/events.ts'

interface Options {
  seed: number
  startMs: number
  intervalMs: number
}
const kinds: [string, (options: Options) => Source][] = [
  ['orders', orderSource],
  ['payments', (options) => paymentSource({ ...options, failureRate: 0.15 })],
  ['users', userSource],
]
const options = fc.record({
  seed: fc.maxSafeInteger(),
  startMs: fc.integer({ min: 0, max: 4e12 }),
  intervalMs: fc.constantFrom(10, 20, 1000 / 3, 1000 / 7, 0.01),
})
const index = fc.oneof(fc.nat({ max: 1000 }), fc.integer({ min: 0, max: 2 ** 33 }))

describe.each(kinds)('the source of %s', (_kind, create) => {
  it('is a function of seed, start, interval and index alone', () => {
    fc.assert(
      fc.property(options, index, index, (given, i, other) => {
        const source = create(given)
        const [event, json, key] = [source.event(i), source.json(i), source.key(i)]
        source.json(other)
        const again = create(given)
        expect(again.key(i)).toBe(key)
        expect(again.json(i)).toBe(json)
        expect(source.event(i)).toEqual(event)
        expect(decodeText(source.topic, json)).toEqual({ event })
        expect(source.topic.key(event)).toBe(key)
      }),
      { numRuns: 50 },
    )
  })

  it('has events an interval apart, in whole ms', () => {
    fc.assert(
      fc.property(options, index, (given, i) => {
        const source = create(given)
        expect(source.topic.timeOf?.(source.event(i))).toBe(Math.floor(given.startMs + i * given.intervalMs))
      }),
      { numRuns: 50 },
    )
  })

  it('is another with another seed', () => {
    const [one, two] = [1, 2].map((seed) => create({ seed, startMs: 0, intervalMs: 10 }))
    const same = Array.from({ length: 50 }, (_, i) => one!.json(i) === two!.json(i)).filter(Boolean)
    expect(same).toEqual([])
  })

  it('never repeats an id', () => {
    const source = create({ seed: 7, startMs: 0, intervalMs: 10 })
    const ids = Array.from({ length: 20_000 }, (_, i) => source.event(i) as { payment_id?: string; order_id?: string })
      .map(({ payment_id, order_id }) => payment_id ?? order_id)
      .filter((id) => id !== undefined)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every((id) => /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id))).toBe(true)
  })
})

const N = 20_000
const at = { seed: 42, startMs: NOON_MS, intervalMs: 20 }
const list = <Event>(source: Source<Event>) => Array.from({ length: N }, (_, i) => source.event(i))
const share = (of: readonly unknown[]) => of.length / N

describe('orders', () => {
  const orders = list(orderSource(at))

  it('stay within the ranges of the contract', () => {
    const within = (value: number, from: number, to: number) => value >= from && value <= to
    const outside = orders.filter(
      ({ user_id, product_id, quantity, price }) =>
        !within(user_id, 1, 100) ||
        !within(product_id, 1000, 9999) ||
        !within(quantity, 1, 5) ||
        !within(price, 1000, 50_000),
    )
    expect(outside).toEqual([])
  })

  it('are placed by a few busy users and many others', () => {
    const byUser = new Map<number, number>()
    for (const { user_id } of orders) byUser.set(user_id, (byUser.get(user_id) ?? 0) + 1)
    const counts = [...byUser.values()].sort((a, b) => b - a)
    expect(counts).toHaveLength(100)
    expect(counts[0]! / N).toBeGreaterThan(0.15)
    expect(counts[0]! / N).toBeLessThan(0.25)
    expect(counts.slice(0, 10).reduce((sum, count) => sum + count) / N).toBeGreaterThan(0.5)
  })

  it('are mostly small: one total in ten is over 500.00', () => {
    const large = share(orders.filter(({ price, quantity }) => price * quantity > 50_000))
    expect(large).toBeGreaterThan(0.08)
    expect(large).toBeLessThan(0.12)
    expect(share(orders.filter(({ price }) => price < 10_000))).toBeGreaterThan(0.6)
  })
})

describe('payments', () => {
  const source = paymentSource({ ...at, failureRate: 0.15 })
  const payments = list(source)

  it('name an order of the same seed that is not younger, its user and its total', () => {
    const orders = new Map(list(orderSource(at)).map((order, i) => [order.order_id, { order, i }]))
    const wrong = payments.filter(({ order_id, user_id, amount }, i) => {
      const { order, i: of } = orders.get(order_id)!
      return of > i || of <= i - 8 || user_id !== order.user_id || amount !== order.price * order.quantity
    })
    expect(wrong).toEqual([])
  })

  it('try an order again only after it was declined', () => {
    let retries = 0
    for (let i = 1; i < N; i++) {
      if (payments[i]!.order_id !== payments[i - 1]!.order_id) continue
      retries++
      expect(payments[i - 1]!.status).toBe('FAILED')
    }
    expect(retries / N).toBeGreaterThan(0.05)
    expect(new Set(payments.map(({ order_id }) => order_id)).size).toBe(N - retries)
  })

  it.each([0, 0.15, 0.5, 1])('are declined at a rate of %d', (failureRate) => {
    const failed = share(list(paymentSource({ ...at, failureRate })).filter(({ status }) => status === 'FAILED'))
    expect(Math.abs(failed - failureRate)).toBeLessThan(failureRate % 1 === 0 ? 1e-9 : 0.01)
  })
})

describe('users', () => {
  const events = list(userSource(at))

  it('keep one name each', () => {
    const names = new Map<number, Set<string>>()
    for (const { user_id, name } of events) names.set(user_id, (names.get(user_id) ?? new Set()).add(name))
    expect(names.size).toBe(100)
    expect([...names.values()].every((set) => set.size === 1)).toBe(true)
    expect(new Set([...names.values()].flatMap((set) => [...set])).size).toBeGreaterThan(90)
  })

  it('do everything that users do, with a product where there is one', () => {
    const types = new Set(events.map(({ event_type }) => event_type))
    expect([...types].sort()).toEqual(['add_to_cart', 'login', 'purchase', 'signup', 'view_product'])
    const without = events.filter(({ product_id }) => product_id === null).map(({ event_type }) => event_type)
    expect([...new Set(without)].sort()).toEqual(['login', 'signup'])
    expect(without).toHaveLength(events.filter(({ event_type }) => ['login', 'signup'].includes(event_type)).length)
  })
})
