import type { EventOf, Payment, TopicSpec, failedPayments } from '../events/topics.ts'
import { Comparison } from './comparison.ts'
import type { Rule, RuleOf } from './rule.ts'

type Picked = EventOf<typeof failedPayments>

/** One event for each payment that `picks` chooses, in the order of the payments. */
function pickedPayments(picks: (payment: Payment, options: Readonly<Record<string, unknown>>) => boolean): RuleOf {
  return ({ output, options, partitionOf, unordered }): Rule => {
    const topic = output as TopicSpec<Picked>
    const comparison = new Comparison(output, partitionOf)
    return {
      aliases: ['payments'],
      input: ({ event, place, required }) => {
        const payment = event as Payment
        if (!picks(payment, options)) return false
        const { order_id, user_id, amount, payment_method, timestamp } = payment
        const key = String(user_id)
        const text = topic.shape.encode({ order_id, user_id, amount, payment_method, timestamp })
        comparison.expect(key, text, place, { required, ordered: !unordered.has(key) })
        return false
      },
      output: (record) => comparison.find(record),
      lead: (partition) => comparison.lead(partition),
      findings: () => comparison.findings(),
    }
  }
}

export const failedPaymentsRule = pickedPayments(({ status }) => status === 'FAILED')
export const largeOrdersRule = pickedPayments(({ amount }, { threshold }) => amount > (threshold as number))
