// The backlog of shared peers' comparison: half orders, half payments, a hundred users, three payments in ten failed, one in six over 500.
import { random } from './random.mjs'

const methods = ['Credit Card', 'Debit Card', 'PayPal', 'Crypto']
const two = (n) => String(n).padStart(2, '0')

/** `YYYY-MM-DD HH:MM:SS` */
function stamp(seconds) {
  const t = new Date(seconds * 1000)
  return `${t.getUTCFullYear()}-${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())} ${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`
}

/** An endless list of pairs of an order and a payment for it. `users`: that many, at random; or 'distinct': order i is user i's. */
export function pairs(seed, users = 100) {
  const { between, next, pick, uuid } = random(seed)
  let i = 0
  let second = -1
  let text = ''
  return {
    order(timestamp) {
      const at = 1_700_000_000 + Math.floor(i / 100)
      if (at !== second) text = stamp((second = at))
      const user_id = users === 'distinct' ? i + 1 : between(1, users)
      i++
      return {
        order_id: uuid(),
        user_id,
        product_id: between(1000, 9999),
        quantity: between(1, 5),
        price: between(1000, 50_000) / 100,
        timestamp: timestamp ?? text,
      }
    },
    payment: ({ order_id, user_id, timestamp }) => ({
      payment_id: uuid(),
      order_id,
      user_id,
      status: next() < 0.3 ? 'FAILED' : 'SUCCESS',
      amount: between(1000, 60_000) / 100,
      payment_method: pick(methods),
      timestamp,
    }),
  }
}

/** FNV-1a of a text; the sum of the hashes of a topic's records does not depend on their order. */
function hash(text) {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

const cents = (amount) => Math.round(amount * 100)
/** What of an output must be right: the figures, whatever a peer adds or how it writes the time. */
const figures = {
  failed_payments: (v) => `${v.order_id} ${v.user_id} ${cents(v.amount)} ${v.payment_method}`,
  large_orders: (v) => `${v.order_id} ${v.user_id} ${cents(v.amount)} ${v.payment_method}`,
  aggregated_revenue: (v) => `${v.user_id} ${cents(v.total_revenue)}`,
  frequent_failed_payments: (v) => `${v.user_id} ${v.failed_payment_count}`,
}

/** Counts and hashes of outputs, by topic. */
export class Tally {
  count = {}
  sum = {}
  add(topic, value) {
    this.count[topic] = (this.count[topic] ?? 0) + 1
    this.sum[topic] = ((this.sum[topic] ?? 0) + hash(figures[topic](value))) >>> 0
  }
  /** Undefined when both are the same; else what differs. */
  difference(other) {
    const topics = Object.keys({ ...this.count, ...other.count }).filter(
      (t) => this.count[t] !== other.count[t] || this.sum[t] !== other.sum[t],
    )
    return topics.length === 0
      ? undefined
      : topics
          .map(
            (t) =>
              `${t}: ${other.count[t] ?? 0} of ${this.count[t] ?? 0}${this.count[t] === other.count[t] ? ', other figures' : ''}`,
          )
          .join('; ')
  }
}

/** What the four workers must write, event by event, by rules of its own. */
export class Model {
  want = new Tally()
  #revenue = new Map()
  #failures = new Map()
  order({ user_id, price, quantity }) {
    const total = (this.#revenue.get(user_id) ?? 0) + cents(price) * quantity
    this.#revenue.set(user_id, total)
    this.want.add('aggregated_revenue', { user_id, total_revenue: total / 100 })
  }
  payment(payment) {
    const { user_id } = payment
    if (payment.amount > 500) this.want.add('large_orders', payment)
    if (payment.status !== 'FAILED') return
    this.want.add('failed_payments', payment)
    const count = (this.#failures.get(user_id) ?? 0) + 1
    this.#failures.set(user_id, count)
    if (count > 3) this.want.add('frequent_failed_payments', { user_id, failed_payment_count: count })
  }
}
