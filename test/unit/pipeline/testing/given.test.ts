import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aggregatedRevenueWorker } from '../../../../src/pipeline/workers/aggregated-revenue.ts'
import { failedPayments, orders } from '../../../../src/pipeline/events/topics.ts'
import { defineWorker } from '../../../../src/pipeline/worker/define-worker.ts'
import { cents, order } from '../../../../src/pipeline/testing/events.ts'
import { given } from '../../../../src/pipeline/testing/given.ts'

describe('given, when, then', () => {
  const total = { user_id: 1, order_count: 1, total_revenue: cents(10), timestamp: order().event.timestamp }

  it('takes matchers of the test runner beside plain values', () => {
    given(aggregatedRevenueWorker)
      .when(order())
      .then({ emit: [{ ...total, total_revenue: expect.any(Number) as number }] })
    given(aggregatedRevenueWorker)
      .when(order())
      .then({ emit: [expect.objectContaining({ order_count: 1 })], state: { cents: 1000, orders: 1 } })
  })

  it.each([
    [{ emit: [{ ...total, order_count: 2 }] }, 'the emitted events'],
    [{ emit: [total, total] }, 'the emitted events'],
    [{ emit: [{ ...total, more: 1 }] }, 'the emitted events'],
    [{}, 'the emitted events'],
    [{ emit: [total], state: null }, 'the state'],
    [{ emit: [total], reject: 'no' }, 'the refused events'],
    [{ emit: [expect.objectContaining({ order_count: 2 })] }, 'the emitted events'],
  ])('fails %#, with what was found and what was expected', (expected, what) => {
    const failure = {
      name: 'AssertionError',
      code: 'ERR_ASSERTION',
      message: expect.stringMatching(`^${what}: `) as string,
    }
    expect(() => given(aggregatedRevenueWorker).when(order()).then(expected)).toThrow(expect.objectContaining(failure))
  })
})

describe('what a step may not return', () => {
  const returning = (result: unknown, state: boolean = true) =>
    defineWorker({
      name: 'wrong',
      summary: 'Returns what it likes',
      inputs: { orders },
      output: failedPayments,
      ...(state && { state: { schema: z.object({ n: z.number() }), initial: null, key: { orders: () => '1' } } }),
      on: { orders: () => result as undefined },
    })
  const failed = {
    order_id: order().event.order_id,
    user_id: 1,
    amount: cents(1),
    payment_method: 'PayPal',
    timestamp: 0,
  }

  it.each<[unknown, string]>([
    [5, 'on.orders returned 5: it must be { state, emit, reject, late }, or nothing'],
    [Promise.resolve(), 'on.orders returned a promise: a step is a plain function, and waits for nothing'],
    [{ emits: [] }, 'on.orders returned an unknown field emits: there are only state, emit, reject, late'],
    [{ emit: failed }, 'on.orders returned emit an object: it must be an array of events'],
    [{ reject: true }, 'on.orders returned reject true: it must be a sentence'],
    [{ emit: ['x'] }, 'on.orders returned emit[0], which is not an event of failed_payments: it is "x"'],
    [{ emit: [{ ...failed, sum: 1 }] }, 'on.orders returned emit[0], which is not an event of failed_payments: sum is not a field of failed_payments, which has order_id, user_id, amount, payment_method, timestamp'], // prettier-ignore
    [{ emit: [failed, { ...failed, amount: undefined }] }, 'on.orders returned emit[1], which is not an event of failed_payments: amount is missing'], // prettier-ignore
    [{ emit: [{ ...failed, amount: 12.5 }] }, 'on.orders returned emit[0], which is not an event of failed_payments: amount cannot be 12.5 (money is whole cents here, a time ms since 1970)'], // prettier-ignore
    [{ emit: [{ ...failed, timestamp: NaN }] }, 'on.orders returned emit[0], which is not an event of failed_payments: timestamp cannot be NaN (money is whole cents here, a time ms since 1970)'], // prettier-ignore
    [{ state: { n: 'one' } }, 'on.orders returned state, which its schema would not read again: n: Invalid input: expected number, received string'], // prettier-ignore
    [{ state: { n: NaN } }, 'on.orders returned state, which its schema would not read again: n: Invalid input: expected number, received null'], // prettier-ignore
  ])('%#', (result, message) => {
    expect(() => given(returning(result)).when(order()).then({})).toThrow(new Error(message))
  })

  it('is state, when the definition has none', () => {
    const message = 'on.orders returned state, but wrong has none in its definition'
    expect(() =>
      given(returning({ state: { n: 1 } }, false))
        .when(order())
        .then({}),
    ).toThrow(new Error(message))
  })

  it('is a state that leaves its timer due for ever', () => {
    const worker = { ...returning({ state: { n: 1 } }), dueAt: () => 0, onTime: () => undefined }
    expect(() => given(worker).when(order()).then({})).toThrow('onTime left the key 1 due')
  })
})
