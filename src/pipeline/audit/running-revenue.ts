import { MAX_CENTS, moneyText, type Cents } from '../money.ts'
import { formatTimestamp } from '../time.ts'
import type { EventOf, Order, TopicSpec, aggregatedRevenue } from '../events/topics.ts'
import { Comparison } from './comparison.ts'
import { readOutput } from './read-output.ts'
import type { AuditedInput, FoundOutput, Rule, RuleOf } from './rule.ts'

type Revenue = EventOf<typeof aggregatedRevenue>

interface Total {
  cents: number
  orders: number
}

/** What an order adds, where the order of a user's orders is not known. */
const step = (cents: number, timestamp: number): string =>
  `a total that rises by ${moneyText(cents as Cents)}, of ${formatTimestamp(timestamp)}`

/**
 * After each order its user's total and number of orders so far, both without a gap. Where a user's orders may have been taken in any
 * order, each event must add exactly one of them to the event before.
 */
export const runningRevenueRule: RuleOf = ({ output, partitionOf, unordered }): Rule => {
  const topic = output as TopicSpec<Revenue>
  const comparison = new Comparison(output, partitionOf)
  const expected = new Map<string, Total>()
  const seen = new Map<string, Total>()

  const input = ({ event, place, required }: AuditedInput): boolean => {
    const { user_id, price, quantity, timestamp } = event as Order
    const total = price * quantity
    if (total > MAX_CENTS) return true
    const key = String(user_id)
    if (unordered.has(key)) {
      comparison.expect(key, step(total, timestamp), place, { required, ordered: false })
      return false
    }
    const sum = totalOf(expected, key)
    if (sum.cents + total > MAX_CENTS) return true
    sum.cents += total
    sum.orders++
    const text = topic.shape.encode({ user_id, total_revenue: sum.cents as Cents, order_count: sum.orders, timestamp })
    comparison.expect(key, text, place, { required, ordered: true })
    return false
  }

  const outputStep = (record: FoundOutput, key: string): void => {
    const revenue = readOutput(topic, record)
    if (!revenue || String(revenue.user_id) !== key) {
      comparison.reject(record, 'it is not revenue of its key')
      return
    }
    const { total_revenue, order_count, timestamp } = revenue
    const before = totalOf(seen, key)
    if (order_count !== before.orders + 1 || total_revenue < before.cents)
      comparison.reject(record, `it follows ${before.orders} orders of ${moneyText(before.cents as Cents)}`)
    else comparison.findAs(record, step(total_revenue - before.cents, timestamp))
    if (order_count > before.orders) seen.set(key, { cents: total_revenue, orders: order_count })
  }

  return {
    aliases: ['orders'],
    mayRefuse: /^the total revenue of user \d+ would pass /,
    input,
    output: (record) => {
      if (record.key !== null && unordered.has(record.key)) outputStep(record, record.key)
      else comparison.find(record)
    },
    lead: (partition) => comparison.lead(partition),
    findings: () => comparison.findings(),
  }
}

function totalOf(totals: Map<string, Total>, key: string): Total {
  let total = totals.get(key)
  if (!total) totals.set(key, (total = { cents: 0, orders: 0 }))
  return total
}
