import { expect, test, vi } from 'vitest'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { readStates } from '../../src/infra/local/services.ts'
import { documents, ownHome, processesOf } from '../support/cli.ts'
import { killed } from '../support/killed.ts'
import { eventually } from '../support/wait.ts'

vi.setConfig({ testTimeout: 120_000 })

interface Summary {
  topics: { topic: string; records: number }[]
  workers: { worker: string; lag: number; restarts: number }[]
}

const records = ({ topics }: Summary): Record<string, number> =>
  Object.fromEntries(topics.map(({ topic, records }) => [topic, records]))

test('all: every derived topic fills, nothing is left to read, and no process stays behind', async () => {
  const { home, payflow } = await ownHome()
  const { code, stdout, stderr } = await payflow('all', '--count', '600', '--rate', '200', '--seed', '7', '--json')
  expect(code, stderr).toBe(0)
  expect(documents(stdout)).toHaveLength(1)
  const summary = documents(stdout)[0] as unknown as Summary
  expect(records(summary)).toMatchObject({ orders: 600, payments: 600, users: 600, aggregated_revenue: 600, enriched_orders: 600, order_status: 600 }) // prettier-ignore
  for (const { topic, records } of summary.topics) expect(records, topic).toBeGreaterThan(0)
  expect(summary.topics).toHaveLength(9)
  for (const { worker, lag, restarts } of summary.workers) expect({ worker, lag, restarts }).toEqual({ worker, lag: 0, restarts: 0 }) // prettier-ignore
  expect(stderr).not.toContain('\u001B')
  expect(stderr).toMatch(/payflow produce orders --seed 7 --start \S+ --rate 200 --count 600/)
  await eventually(() => expect(processesOf(home)).toEqual([]))
})

test('all goes on by itself when the broker is killed with -9 in the middle and started again', async () => {
  const { home, payflow, start } = await ownHome()
  expect((await payflow('infra', 'up')).code).toBe(0)
  const run = start('all', '--duration', '15s', '--rate', '100', '--seed', '7', '--json')
  await run.says('Producers: orders')
  const [broker] = readStates(layoutOf(home)).brokers
  await killed(broker!)
  expect((await payflow('infra', 'up')).code).toBe(0)
  const { code, stdout, stderr } = await run.ended
  expect(code, stderr).toBe(0)
  const summary = documents(stdout)[0] as unknown as Summary
  expect(records(summary)).toMatchObject({ orders: 1_500, payments: 1_500, aggregated_revenue: 1_500, enriched_orders: 1_500, order_status: 1_500 }) // prettier-ignore
  expect(summary.workers.map(({ lag }) => lag)).toEqual([0, 0, 0, 0, 0, 0])
  expect((await payflow('infra', 'status', '--json')).stdout).toContain('"running":true')
  expect((await payflow('infra', 'down')).code).toBe(0)
  await eventually(() => expect(processesOf(home)).toEqual([]))
})
