import { describe, expect, test } from 'vitest'
import { Money } from '../../../../src/app/dashboard/money.ts'
import type { Cents } from '../../../../src/pipeline/money.ts'

const total = (user_id: number, cents: number, order_count: number) => ({ user_id, total_revenue: cents as Cents, order_count, timestamp: 0 }) // prettier-ignore
const status = (payment_id: string, of: 'PAID' | 'DECLINED' | 'AMOUNT_MISMATCH' | 'UNKNOWN_ORDER', cents: number) => ({
  order_id: 'o',
  user_id: 1,
  status: of,
  order_total: null,
  amount: cents as Cents,
  payment_id,
  payment_method: 'PayPal' as const,
  timestamp: 0,
})

describe('money', () => {
  test("revenue is the sum of the users' newest running totals, in whole cents", () => {
    const money = new Money()
    for (const each of [total(1, 10_10, 1), total(2, 20_20, 1), total(1, 30_30, 2)]) money.takeTotal(each)
    expect(money.view(0, true)).toMatchObject({ revenueCents: 50_50, orders: 3, users: 2 })
  })

  test('a payment counts under what became of it in the end', () => {
    const money = new Money()
    for (const each of [status('a', 'UNKNOWN_ORDER', 500), status('b', 'DECLINED', 7), status('a', 'PAID', 500)])
      money.takeStatus(each)
    expect(money.view(0, true)).toMatchObject({ paid: { count: 1, cents: 500 }, declined: { count: 1, cents: 7 }, unknown: { count: 0, cents: 0 } }) // prettier-ignore
  })

  test('the pace is that of the last minute, and what was there before the first look is no pace', () => {
    const money = new Money()
    money.takeTotal(total(1, 100_00, 1))
    expect(money.view(1_000, true).revenuePerMinuteCents).toBeNull()
    money.takeTotal(total(1, 130_00, 2))
    expect(money.view(31_000, true).revenuePerMinuteCents).toBe(60_00)
    expect(money.view(200_000, true).revenuePerMinuteCents).toBe(0)
  })

  test('a new topic begins at nothing, and the other stays', () => {
    const money = new Money()
    money.takeTotal(total(1, 5, 1))
    money.takeStatus(status('a', 'PAID', 3))
    money.forget('aggregated_revenue')
    expect(money.view(0, true)).toMatchObject({ revenueCents: 0, orders: 0, users: 0, paid: { count: 1, cents: 3 } })
  })
})
