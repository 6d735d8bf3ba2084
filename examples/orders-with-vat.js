import { boolean, decimal, defineTopic, defineWorker, money, nullable, table, text, time, uuid } from 'payflow'
import { orders } from './orders.js'

const countries = defineTopic(
  'countries',
  { country: text(), is_eu: boolean(), vat_percent: decimal(1), updated_at: time() },
  { timeOf: (country) => country.updated_at },
)
const { schema, newest } = table(countries)

const fields = { order_id: uuid(), country: text(), is_eu: nullable(boolean()), net: money(), vat: nullable(money()) }

export default defineWorker({
  name: 'orders-with-vat',
  summary: 'Orders with the VAT of the country that they are shipped to',
  inputs: { orders, countries },
  output: defineTopic('orders_with_vat', fields, { key: ({ order_id }) => order_id }),
  state: {
    schema,
    initial: null,
    key: { orders: (order) => order.shipping_address.country, countries: ({ country }) => country },
  },
  on: {
    countries: newest,
    orders: ({ order_id, amount, shipping_address: { country } }, row) => {
      // vat_percent is in tenths, and the quotient is rounded to whole cents
      const vat = row && Math.round((amount * row.vat_percent) / 1_000)
      return { emit: [{ order_id, country, is_eu: row?.is_eu ?? null, net: amount, vat }] }
    },
  },
})

export { countries }
