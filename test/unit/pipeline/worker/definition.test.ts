import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { zodCents } from '../../../../src/pipeline/codec/zod-cents.ts'
import { failedPayments, orders, payments, type Order, type TopicSpec } from '../../../../src/pipeline/events/topics.ts'
import { addCents } from '../../../../src/pipeline/money.ts'
import { cents } from '../../../../src/pipeline/testing/events.ts'
import { defineWorker } from '../../../../src/pipeline/worker/define-worker.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'

const base = { name: 'typed', summary: 'Types', output: failedPayments }

describe('the types of a definition', () => {
  it('come from the inputs, the state and the options', () => {
    const worker = defineWorker({
      ...base,
      inputs: { orders },
      options: { least: { flag: '--least <n>', description: '', default: '1', parse: Number } },
      state: { schema: z.object({ seen: z.number() }), initial: null, key: { orders: (order) => order.order_id } },
      on: {
        orders: (order, state, options) => {
          expectTypeOf(order).toEqualTypeOf<Order>()
          expectTypeOf(state).toEqualTypeOf<{ seen: number } | null>()
          expectTypeOf(options.least).toEqualTypeOf<number>()
          return { state: { seen: options.least } }
        },
      },
    })
    expectTypeOf(worker).toExtend<AnyWorker>()
    expectTypeOf(orders).toExtend<TopicSpec>()
  })

  it('refuse a missing step, another output and another state', () => {
    // @ts-expect-error the step of payments is missing
    defineWorker({ ...base, inputs: { orders, payments }, on: { orders: () => undefined } })
    // @ts-expect-error an output event lacks its fields
    defineWorker({ ...base, inputs: { orders }, on: { orders: ({ user_id }) => ({ emit: [{ user_id }] }) } })
    defineWorker({
      ...base,
      inputs: { orders },
      state: { schema: z.number(), initial: 0, key: { orders: () => '' } },
      // @ts-expect-error the state is a number
      on: { orders: () => ({ state: 'one' }) },
    })
    const summing = { ...base, inputs: { orders } }
    defineWorker({
      ...summing,
      state: { schema: z.object({ spent: zodCents() }), initial: { spent: cents(0) }, key: { orders: (order, { key }) => key } }, // prettier-ignore
      on: { orders: ({ price }, { spent }) => ({ state: { spent: addCents(spent, price) ?? cents(0) } }) },
      onNull: { orders: ({ spent }, _, { key }) => (key === null ? undefined : { state: { spent } }) },
    })
    defineWorker({
      ...summing,
      state: { schema: z.object({ spent: z.int() }), initial: { spent: 0 }, key: { orders: (_, { key }) => key } },
      // @ts-expect-error a number may be of anything
      on: { orders: ({ price }, { spent }) => ({ state: { spent: addCents(spent, price) ?? 0 } }) },
    })
    // @ts-expect-error a record without a value is of an input
    defineWorker({ ...summing, on: { orders: () => undefined }, onNull: { payments: 'ignore' } })
    // @ts-expect-error amounts are cents, not any number
    defineWorker({ ...base, inputs: { orders }, on: { orders: (o) => ({ emit: [{ ...o, payment_method: 'PayPal', amount: 5 }] }) } }) // prettier-ignore
  })
})
