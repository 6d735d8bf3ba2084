import { expect, test } from 'vitest'
import { Attention } from '../../../../src/app/dashboard/attention.ts'
import type { Cents } from '../../../../src/pipeline/money.ts'

const payment = { order_id: 'o', user_id: 1, payment_id: 'p', payment_method: 'Crypto', timestamp: 0 } as const

test('many of one kind do not hide the few of another', () => {
  const attention = new Attention()
  attention.takeStatus({ ...payment, status: 'AMOUNT_MISMATCH', order_total: 500 as Cents, amount: 700 as Cents }, 1)
  for (let i = 0; i < 500; i++) attention.takeLarge({ ...payment, amount: 60_000 as Cents }, 2)
  expect(attention.items.at(-1)).toMatchObject({
    kind: 'amount-mismatch',
    text: 'user 1 was charged 7 for an order of 5',
    orderId: 'o',
  })
  expect(attention.items.length).toBe(21)
})

test('what was paid or declined needs no attention', () => {
  const attention = new Attention()
  for (const status of ['PAID', 'DECLINED'] as const)
    attention.takeStatus({ ...payment, status, order_total: null, amount: 1 as Cents }, 1)
  expect(attention.items).toEqual([])
})
