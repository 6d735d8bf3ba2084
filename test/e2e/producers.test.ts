import { expect, test, vi } from 'vitest'
import { launch, type Ended } from '../support/cli.ts'
import { ownBroker } from '../support/broker.ts'
import { readAll } from '../support/records.ts'

vi.setConfig({ testTimeout: 120_000 })

const flow = ['--seed', '7', '--start', '2026-01-01T00:00:00Z', '--count', '2000', '--json']

interface Written {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

async function ownPipeline(): Promise<{
  payflow: (...argv: readonly string[]) => Promise<Ended>
  read: (topic: string) => Promise<Written[]>
}> {
  const { brokers, env } = await ownBroker()
  const payflow = (...argv: readonly string[]): Promise<Ended> => launch(env, ...argv).ended
  const read = async (topic: string): Promise<Written[]> =>
    (await readAll(brokers, topic)).map(({ partition, offset, key, value }) => ({ partition, offset, key, value }))
  return { payflow, read }
}

test('two runs with the same seed write the same bytes into the same partitions', async () => {
  const { payflow, read } = await ownPipeline()
  const once = async (): Promise<Written[][]> => {
    expect(await payflow('topics', 'reset', '--yes')).toMatchObject({ code: 0 })
    expect(await payflow('produce', 'all', ...flow, '--rate', 'max')).toMatchObject({ code: 0 })
    return [await read('orders'), await read('payments'), await read('users')]
  }
  const first = await once()
  expect(first.map((topic) => topic.length)).toEqual([2_000, 2_000, 2_000])
  expect(await once()).toEqual(first)
})

test('a payment names a real order of the same user and its total, even when the orders come from another process', async () => {
  const { payflow, read } = await ownPipeline()
  expect(await payflow('topics', 'create')).toMatchObject({ code: 0 })
  expect(await payflow('produce', 'payments', ...flow, '--rate', 'max')).toMatchObject({ code: 0 })
  expect(await payflow('produce', 'orders', ...flow, '--rate', 'max')).toMatchObject({ code: 0 })
  const orders = (await read('orders')).map(({ value }) => JSON.parse(value!) as Order)
  const byId = new Map(orders.map((order) => [order.order_id, order]))
  for (const { key, value } of await read('payments')) {
    const payment = JSON.parse(value!) as { order_id: string; user_id: number; amount: number }
    const { user_id, price, quantity } = byId.get(payment.order_id)!
    expect({ key, user_id, cents: Math.round(price * 100) * quantity }).toEqual({
      key: String(payment.user_id),
      user_id: payment.user_id,
      cents: Math.round(payment.amount * 100),
    })
  }
})

interface Order {
  readonly order_id: string
  readonly user_id: number
  readonly price: number
  readonly quantity: number
}
