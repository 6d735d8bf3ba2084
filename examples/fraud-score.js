import { countOption, defineTopic, defineWorker, epochMillis, integer, money, session, text, z } from 'payflow'
import { orders } from './orders.js'

/** Orders of a customer that follow each other within a minute; five minutes later nothing more can come. */
const bursts = session({ gap: '1m', grace: '5m' })

const burst = z.object({
  customer_email: z.string(),
  orders: z.int(),
  largest: z.int(),
  currencies: z.array(z.string()),
  countries: z.array(z.string()),
})

const union = (...all) => [...new Set(all)].sort()

const merge = (a, b) => ({
  customer_email: a.customer_email,
  orders: a.orders + b.orders,
  largest: Math.max(a.largest, b.largest),
  currencies: union(...a.currencies, ...b.currencies),
  countries: union(...a.countries, ...b.countries),
})

const scoreOf = ({ orders, largest, currencies, countries }) =>
  Math.min(25 * (orders - 1), 50) +
  (largest > 150_000 ? 10 : 0) +
  (currencies.length > 1 ? 15 : 0) +
  (countries.length > 1 ? 25 : 0)

const fields = {
  customer_email: text(),
  start: epochMillis(),
  end: epochMillis(),
  orders: integer(1),
  largest: money(),
  score: integer(0),
}

export default defineWorker({
  name: 'fraud-score',
  summary: 'How suspicious each burst of orders of a customer is, from 0 to 100',
  inputs: { orders },
  output: defineTopic('fraud_scores', fields, {
    key: ({ customer_email }) => customer_email,
    timeOf: ({ end }) => end,
  }),
  options: {
    least: countOption({ flag: '--least <score>', description: 'bursts below are not reported', default: '10' }),
  },
  state: { schema: bursts.schema(burst), initial: [], key: { orders: (order) => order.customer_email } },
  on: {
    orders: ({ customer_email, amount, currency, shipping_address, created_at }, open, _, { eventTime }) => {
      const countries = [shipping_address.country]
      const one = { customer_email, orders: 1, largest: amount, currencies: [currency], countries }
      const add = (before) => (before ? merge(before, one) : one)
      const { windows, isLate } = bursts.add(open, created_at, eventTime, { add, merge })
      return isLate ? { late: true } : { state: windows }
    },
  },
  dueAt: bursts.dueAt,
  onTime: (now, open, { least }) => {
    const { closed, windows } = bursts.close(open, now)
    const scores = closed.map(({ start, end, value }) => {
      const { customer_email, orders, largest } = value
      return { customer_email, start, end, orders, largest, score: scoreOf(value) }
    })
    return { state: windows.length > 0 ? windows : null, emit: scores.filter(({ score }) => score >= least) }
  },
})
