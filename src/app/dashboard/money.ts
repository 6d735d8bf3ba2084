import type { Cents } from '../../pipeline/money.ts'
import { aggregatedRevenue, orderStatus, type EventOf } from '../../pipeline/events/topics.ts'
import type { MoneyView, Tally } from './model.ts'

type Status = EventOf<typeof orderStatus>
type Total = EventOf<typeof aggregatedRevenue>

const MINUTE_MS = 60_000

const tallies = { PAID: 'paid', DECLINED: 'declined', AMOUNT_MISMATCH: 'mismatched', UNKNOWN_ORDER: 'unknown' } as const

interface Sum {
  count: number
  cents: number
}

/**
 * Money as the committed outputs have it, in whole cents. A payment whose order was unknown at first and came later counts under what
 * became of it in the end.
 */
export class Money {
  readonly #totals = new Map<number, { cents: Cents; orders: number }>()
  #sums = noSums()
  /** Payments that wait for their order. */
  readonly #unknown = new Map<string, number>()
  /** Revenue by the time at which it was looked at, oldest first; about a minute of it. */
  #looks: { readonly atMs: number; readonly cents: number }[] = []
  #cents = 0
  #orders = 0

  /** A user's running total: the newest one counts. */
  takeTotal({ user_id, total_revenue, order_count }: Total): void {
    const known = this.#totals.get(user_id)
    this.#cents += total_revenue - (known?.cents ?? 0)
    this.#orders += order_count - (known?.orders ?? 0)
    this.#totals.set(user_id, { cents: total_revenue, orders: order_count })
  }

  takeStatus({ status, amount, payment_id }: Status): void {
    const known = this.#unknown.get(payment_id)
    if (known !== undefined) {
      this.#unknown.delete(payment_id)
      this.#sums.unknown.count--
      this.#sums.unknown.cents -= known
    }
    if (status === 'UNKNOWN_ORDER') this.#unknown.set(payment_id, amount)
    const sum = this.#sums[tallies[status]]
    sum.count++
    sum.cents += amount
  }

  forget(topic: string): void {
    if (topic === aggregatedRevenue.name) {
      this.#totals.clear()
      this.#looks = []
      this.#cents = this.#orders = 0
    } else if (topic === orderStatus.name) {
      this.#sums = noSums()
      this.#unknown.clear()
    }
  }

  /** `complete`: all that was there has been read, so that what comes is new. */
  view(nowMs: number, complete: boolean): MoneyView {
    if (complete) this.#looks.push({ atMs: nowMs, cents: this.#cents })
    while (this.#looks.length > 1 && this.#looks[1]!.atMs <= nowMs - MINUTE_MS) this.#looks.shift()
    const first = this.#looks[0]
    const ms = first ? nowMs - first.atMs : 0
    const perMinute = first && ms > 0 ? Math.round(((this.#cents - first.cents) * MINUTE_MS) / ms) : null
    const copy = ({ count, cents }: Sum): Tally => ({ count, cents })
    return {
      revenueCents: this.#cents,
      orders: this.#orders,
      users: this.#totals.size,
      paid: copy(this.#sums.paid),
      declined: copy(this.#sums.declined),
      mismatched: copy(this.#sums.mismatched),
      unknown: copy(this.#sums.unknown),
      revenuePerMinuteCents: perMinute,
    }
  }
}

const noSums = (): Record<(typeof tallies)[keyof typeof tallies], Sum> => ({
  paid: { count: 0, cents: 0 },
  declined: { count: 0, cents: 0 },
  mismatched: { count: 0, cents: 0 },
  unknown: { count: 0, cents: 0 },
})
