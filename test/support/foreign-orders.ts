import { partitionOf } from '../../src/kafka/partitioner.ts'

/** What is needed of an order to say what must follow from it. Amounts in whole cents. */
export interface ForeignOrder {
  readonly order_id: string
  readonly customer_email: string
  readonly cents: number
  readonly currency: string
  readonly status: string
  readonly created_at: number
  readonly country: string
  readonly quantities: readonly number[]
}

const startMs = Date.UTC(2026, 0, 1, 12)
const MINUTE = 60_000
const currencies = ['USD', 'EUR', 'GBP']
const statuses = ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled']
/** The last one has no row in the table of countries. */
const countries = ["Cote d'Ivoire", 'Åland', 'Korea', 'Holy See (Vatican City State)', 'Chad', 'Malta', 'Fiji', 'Atlantis'] // prettier-ignore

/** Numbers that look random and are the same in every run. */
const some = (i: number, salt: number, below: number): number => (Math.imul(i + 1, 2_654_435_761 + salt * 40_503) >>> 7) % below // prettier-ignore

const uuidOf = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`

/** Order i; `at`: ms after the first. */
const orderAt = (i: number, at: number, customer_email = `user${some(i, 1, 60)}@example.org`): ForeignOrder => ({
  order_id: uuidOf(i),
  customer_email,
  cents: 1_000 + some(i, 2, 190_000),
  currency: currencies[some(i, 3, 3)]!,
  status: statuses[some(i, 4, 5)]!,
  created_at: startMs + at,
  country: countries[some(i, 5, countries.length)]!,
  quantities: Array.from({ length: 1 + some(i, 6, 5) }, (_, n) => 1 + some(i, 7 + n, 5)),
})

/** Orders `from` to `to`, spread over these minutes. */
export const foreignOrders = (from: number, to: number, minutes: readonly [number, number]): ForeignOrder[] =>
  Array.from({ length: to - from }, (_, n) => orderAt(from + n, Math.round((minutes[0] + ((minutes[1] - minutes[0]) * n) / (to - from)) * MINUTE))) // prettier-ignore

/** An order an hour later for each partition, of a customer whose state lies there: every session before it is over. */
export const ordersThatEndSessions = (from: number, partitions: number): ForeignOrder[] =>
  Array.from({ length: partitions }, (_, partition) => {
    let n = 0
    while (partitionOf(`last${n}@example.org`, partitions) !== partition) n++
    return orderAt(from + partition, 60 * MINUTE, `last${n}@example.org`)
  })

/** As Python writes floats. */
const float = (cents: number): string => (cents % 100 === 0 ? `${cents / 100}.0` : String(cents / 100))
/** As Python writes text: all of it ASCII. */
const ascii = (text: string): string => JSON.stringify(text).replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`) // prettier-ignore

/** The record that Python's json.dumps makes of an order, under a key that says nothing of it. */
export const orderMessage = (order: ForeignOrder): { key: string; value: string } => {
  const { order_id, customer_email, cents, currency, status, created_at, country, quantities } = order
  const items = quantities.map((quantity, n) => `{"product_id": "${uuidOf(n)}", "name": "thing", "quantity": ${quantity}, "price": ${float(500 + n)}}`) // prettier-ignore
  return {
    key: `key-${Number(order_id.slice(-12)) % 37}`,
    value: `{"order_id": "${order_id}", "customer_name": "Zo\\u00eb", "customer_email": "${customer_email}", "amount": ${float(cents)}, "currency": "${currency}", "status": "${status}", "item_count": ${quantities.length}, "created_at": ${created_at}, "shipping_address": {"street": "1 Main St\\nApt. 2", "city": "Port", "country": ${ascii(country)}, "zip_code": "00501"}, "items": [${items.join(', ')}]}`, // prettier-ignore
  }
}

export interface CountryRow {
  readonly country: string
  readonly is_eu: boolean
  readonly tenths: number
}

/** Rows of all countries but the last. `edition`: a later one has other rates. */
export const countryRows = (edition: number): CountryRow[] =>
  countries.slice(0, -1).map((country, i) => ({ country, is_eu: i % 2 === 1, tenths: 55 + 13 * i + 20 * edition }))

/** `at`: ms after the first order. */
export const countryMessage = ({ country, is_eu, tenths }: CountryRow, at: number): { key: string; value: string } => ({
  key: country,
  value: JSON.stringify({ country, is_eu, vat_percent: tenths / 10, updated_at: new Date(startMs + at).toISOString() }),
})
