// Orders as khaos' scenario ecommerce-orders writes them: Python's JSON, a key that says nothing, floats, lists, texts that are escaped.
import { random } from './random.mjs'

const startMs = Date.UTC(2026, 0, 1, 12)
/** Less than gap and grace of the sessions: nothing is late, in whatever order a peer takes it. */
const SPAN_MS = 5 * 60_000
const countries = Array.from({ length: 200 }, (_, i) => `Côte nº ${i}`)
/** Ten countries have no row. */
const known = countries.slice(10)
const statuses = ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled']

const float = (cents) => (cents % 100 === 0 ? `${cents / 100}.0` : String(cents / 100))
const ascii = (text) =>
  JSON.stringify(text).replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`) // prettier-ignore

/** `count` orders: `{ key, value, order }`; a customer orders five times. */
export function* foreignOrders(count, seed = 7) {
  const { between, pick, uuid } = random(seed)
  for (let i = 0; i < count; i++) {
    const order = {
      order_id: uuid(),
      customer_email: `customer${between(1, count / 5)}@example.org`,
      cents: between(1_000, 200_000),
      currency: pick(['USD', 'EUR', 'GBP']),
      status: pick(statuses),
      created_at: startMs + Math.floor((i * SPAN_MS) / count),
      country: pick(countries),
      quantities: Array.from({ length: between(1, 5) }, () => between(1, 5)),
    }
    const items = order.quantities.map((quantity) => `{"product_id": "${uuid()}", "name": "thing", "quantity": ${quantity}, "price": ${float(between(500, 50_000))}}`) // prettier-ignore
    yield { key: `key-${between(0, 999)}`, value: textOf(order, items), order }
  }
}

const textOf = ({ order_id, customer_email, cents, currency, status, created_at, country }, items) =>
  `{"order_id": "${order_id}", "customer_name": "Zo\\u00eb Smith", "customer_email": "${customer_email}", "amount": ${float(cents)}, "currency": "${currency}", "status": "${status}", "item_count": ${items.length}, "created_at": ${created_at}, "shipping_address": {"street": "1 Main St\\nApt. 2", "city": "Port Michael", "country": ${ascii(country)}, "zip_code": "00501"}, "items": [${items.join(', ')}]}` // prettier-ignore

/** An order an hour later of each of these customers, after which every session before it is over. */
export const lastOrders = (emails) =>
  emails.map((customer_email, i) => {
    const order = { order_id: `ffffffff-0000-4000-8000-${String(i).padStart(12, '0')}`, customer_email, cents: 100, currency: 'EUR', status: 'cancelled', created_at: startMs + 3_600_000, country: countries[0] } // prettier-ignore
    return { key: 'last', value: textOf(order, []) }
  })

export const countryRows = known.map((country, i) => {
  const row = { country, is_eu: i % 3 === 0, tenths: 50 + i }
  return { key: country, value: JSON.stringify({ country, is_eu: row.is_eu, vat_percent: row.tenths / 10, updated_at: new Date(startMs - 1_000).toISOString() }), row } // prettier-ignore
})
