import { test } from 'node:test'
import { cents, event, given } from 'payflow'
import { anOrder } from './an-order.js'
import ordersWithVat, { countries } from './orders-with-vat.js'

const malta = (tenths, day) =>
  event(countries, { country: 'Malta', is_eu: true, vat_percent: tenths, updated_at: Date.UTC(2026, 0, day) })
const { order_id } = anOrder().event
const result = { order_id, country: 'Malta', is_eu: true, net: cents(5) }

test('an order gets the newest row of its country, in whatever order the rows come', () => {
  given(ordersWithVat, malta(185, 2), malta(170, 1))
    .when(anOrder(), malta(190, 3), anOrder())
    .then({
      emit: [
        { ...result, vat: cents(0.93) },
        { ...result, vat: cents(0.95) },
      ],
    })
})

test('an order to a country that nobody knows has no VAT', () => {
  given(ordersWithVat, malta(185, 2))
    .when(anOrder({ shipping_address: { ...anOrder().event.shipping_address, country: 'Chad' } }))
    .then({ emit: [{ ...result, country: 'Chad', is_eu: null, vat: null }] })
})
