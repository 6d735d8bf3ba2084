import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventOf, Order, Payment, orderStatus } from '../../../../src/pipeline/events/topics.ts'
import { processPaymentsWorker as worker } from '../../../../src/pipeline/workers/process-payments.ts'
import { NOON_MS, order, payment } from '../../../../src/pipeline/testing/events.ts'
import { Fold } from '../../../../src/pipeline/testing/fold.ts'

type Status = EventOf<typeof orderStatus>
type Happening = ReturnType<typeof order> | ReturnType<typeof payment>

const MINUTE_MS = 60_000
const WAIT_MS = 10 * MINUTE_MS
const DAY_MS = 1_440 * MINUTE_MS

const uuid = (digit: string, n: number): string => `00000000-0000-4000-8000-${digit}${String(n).padStart(11, '0')}`
const keyOf = ({ user_id, order_id }: { user_id: number; order_id: string }): string => `${user_id}:${order_id}`
const isOrder = (event: Order | Payment): event is Order => 'quantity' in event

/** The worker as one would tell it to somebody: everything in lists, looked through from end to end. */
class Model {
  readonly #totals = new Map<string, number>()
  readonly #newest = new Map<string, number>()
  #open: { payment: Payment; told: boolean }[] = []
  #now = -Infinity

  /** What comes out, in any order: `<payment> <status>`. */
  process(event: Order | Payment): string[] {
    const key = keyOf(event)
    this.#newest.set(key, Math.max(this.#newest.get(key) ?? -Infinity, event.timestamp))
    const said = isOrder(event) ? this.#order(event, key) : this.#payment(event, key)
    this.#now = Math.max(this.#now, event.timestamp)
    return [...said, ...this.#timePasses()].sort()
  }

  #order({ price, quantity }: Order, key: string): string[] {
    const total = price * quantity
    this.#totals.set(key, total)
    const waiting = this.#open.filter((open) => keyOf(open.payment) === key)
    this.#open = this.#open.filter((open) => keyOf(open.payment) !== key)
    return waiting.map((open) => judged(open.payment, total))
  }

  #payment(event: Payment, key: string): string[] {
    const total = this.#totals.get(key)
    if (total !== undefined) return [judged(event, total)]
    this.#open.push({ payment: event, told: false })
    return []
  }

  #timePasses(): string[] {
    const late = this.#open.filter((open) => !open.told && open.payment.timestamp + WAIT_MS <= this.#now)
    for (const open of late) open.told = true
    this.#open = this.#open.filter((open) => open.payment.timestamp + DAY_MS > this.#now)
    for (const [key, newest] of this.#newest)
      if (newest + DAY_MS <= this.#now) {
        this.#newest.delete(key)
        this.#totals.delete(key)
      }
    return late.map((open) => `${open.payment.payment_id} UNKNOWN_ORDER`)
  }
}

function judged({ payment_id, status, amount }: Payment, total: number): string {
  if (status === 'FAILED') return `${payment_id} DECLINED`
  return `${payment_id} ${amount === total ? 'PAID' : 'AMOUNT_MISMATCH'}`
}

const saidOf = (emitted: readonly unknown[]): string[] =>
  (emitted as Status[]).map(({ payment_id, status }) => `${payment_id} ${status}`).sort()

type Drawn = typeof happening extends fc.Arbitrary<infer Value> ? Value : never

const happening = fc.record({
  user_id: fc.integer({ min: 1, max: 2 }),
  order_id: fc.integer({ min: 1, max: 3 }),
  isOrder: fc.boolean(),
  failed: fc.boolean(),
  amount: fc.constantFrom(1_000, 1_001),
  // mostly near each other, sometimes far, so that waits and retentions end and begin in between
  moved: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: -15, max: 15 }) }, fc.integer({ min: -1_500, max: 1_500 })),
})

function happenings(drawn: readonly Drawn[]): Happening[] {
  let timestamp = NOON_MS
  return drawn.map(({ user_id, order_id: n, isOrder: ordered, failed, amount, moved }, i) => {
    timestamp += moved * MINUTE_MS
    const order_id = uuid('a', n)
    if (ordered) return order({ user_id, order_id, timestamp })
    const status = failed ? 'FAILED' : 'SUCCESS'
    return payment({
      payment_id: uuid('b', i),
      user_id,
      order_id,
      status,
      amount: amount as Payment['amount'],
      timestamp,
    })
  })
}

const history = fc.array(happening, { minLength: 1, maxLength: 60 }).map(happenings)

test('says the same as the model after every event, late ones too, and keeps nothing when all is past', () => {
  fc.assert(
    fc.property(history, (events) => {
      const fold = new Fold(worker)
      const model = new Model()
      for (const happened of events) {
        fold.emitted.length = 0
        fold.process(happened)
        expect(saidOf(fold.emitted)).toEqual(model.process(happened.event))
      }
      const farAway = order({ timestamp: NOON_MS + 100 * DAY_MS })
      fold.process(farAway)
      fold.advance(NOON_MS + 102 * DAY_MS)
      expect(fold.state.size).toBe(0)
    }),
    { numRuns: 500 },
  )
})

test('gives each payment a status; UNKNOWN_ORDER at most once, and nothing after the right one', () => {
  fc.assert(
    fc.property(history, (events) => {
      const fold = new Fold(worker)
      for (const happened of events) fold.process(happened)
      fold.advance(NOON_MS + 100 * DAY_MS)
      const statuses = fold.emitted as Status[]
      for (const { event } of events) {
        if (isOrder(event)) continue
        const of = statuses.filter(({ payment_id }) => payment_id === event.payment_id)
        const [first, second, ...more] = of.map(({ status }) => status)
        expect(first).toBeDefined()
        expect(more).toEqual([])
        if (second !== undefined) expect([first, second === 'UNKNOWN_ORDER']).toEqual(['UNKNOWN_ORDER', false])
      }
    }),
    { numRuns: 500 },
  )
})

test('keeps no more than a day of payments whose order never comes, however long they go on', () => {
  const fold = new Fold(worker)
  let most = 0
  for (let minute = 0; minute < 3 * 1_440; minute += 10) {
    fold.process(payment({ payment_id: uuid('c', minute), timestamp: NOON_MS + minute * MINUTE_MS }))
    most = Math.max(most, (fold.state.get('1:11111111-1111-4111-8111-111111111111') as { open: unknown[] }).open.length)
  }
  expect(most).toBe(144)
  expect(saidOf(fold.emitted)).toHaveLength(3 * 144 - 1)
})

test('refuses a payment when a thousand wait for its order', () => {
  const fold = new Fold(worker)
  for (let i = 0; i <= 1_000; i++) fold.process(payment({ payment_id: uuid('c', i) }))
  expect(fold.rejected).toEqual(['1000 payments wait for order 11111111-1111-4111-8111-111111111111 already'])
  fold.process(order())
  expect(fold.emitted).toHaveLength(1_000)
})
