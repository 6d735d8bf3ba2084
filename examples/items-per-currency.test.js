import { test } from 'node:test'
import { cents, given } from 'payflow'
import itemsPerCurrency from './items-per-currency.js'
import { anOrder, items } from './an-order.js'

test('items and money of a currency go on from order to order', () => {
  given(itemsPerCurrency, anOrder({ amount: cents(19.9), items: items(2, 1) }))
    .when(anOrder({ amount: cents(0.15), items: items(4) }), anOrder({ currency: 'USD', amount: cents(5), items: [] }))
    .then({
      emit: [
        { currency: 'EUR', orders: 2, items: 7, revenue: cents(20.05) },
        { currency: 'USD', orders: 1, items: 0, revenue: cents(5) },
      ],
    })
})

test('a cancelled order is not sold', () => {
  given(itemsPerCurrency)
    .when(anOrder({ status: 'cancelled' }))
    .then({ state: null })
})
