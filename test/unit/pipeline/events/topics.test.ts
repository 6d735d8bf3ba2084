import { describe, expect, it } from 'vitest'
import {
  groupOf,
  inboxTopic,
  isPayflowGroup,
  isPayflowTopic,
  orderStatus,
  orders,
  publicTopics,
  stateTopic,
} from '../../../../src/pipeline/events/topics.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'
import { NOON_MS, ORDER_ID, PAYMENT_ID, cents, order } from '../../../../src/pipeline/testing/events.ts'

describe('topics', () => {
  it('are keyed by the decimal text of the user, order_status by the order', () => {
    expect(orders.key(order({ user_id: 42 }).event)).toBe('42')
    const status = {
      order_id: ORDER_ID,
      user_id: 42,
      status: 'PAID' as const,
      order_total: cents(10),
      amount: cents(10),
      payment_id: PAYMENT_ID,
      payment_method: 'Crypto' as const,
      timestamp: NOON_MS,
    }
    expect(orderStatus.key(status)).toBe(ORDER_ID)
  })

  it('have every input before what is derived from it', () => {
    const names = publicTopics.map(({ name }) => name)
    for (const { inputs, output } of workers)
      for (const input of Object.values(inputs))
        expect(names.indexOf(input.name)).toBeLessThan(names.indexOf(output.name))
  })

  it('know what is payflow’s', () => {
    const own = [
      ...publicTopics.map(({ name }) => name),
      'dead_letters',
      stateTopic('my-worker'),
      inboxTopic('large-orders'),
    ]
    expect(own.filter((name) => !isPayflowTopic(name))).toEqual([])
    const others = [
      'order',
      'orders2',
      'Orders',
      '__consumer_offsets',
      'payflow',
      'payflow-',
      'payflow--state',
      'payflow-a-state2',
      'my-payflow-a-state',
      'payflow-A-inbox',
      '',
      'ksql_orders',
    ]
    expect(others.filter(isPayflowTopic)).toEqual([])
    expect(workers.every(({ name }) => isPayflowGroup(groupOf(name)))).toBe(true)
    expect(['payflow', 'payflow-', 'payflow_a', 'x-payflow-a', 'payflow-A'].filter(isPayflowGroup)).toEqual([])
  })
})
