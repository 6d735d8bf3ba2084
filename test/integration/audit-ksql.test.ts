import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { ownBroker } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { KsqlModel } from '../support/ksql-model.ts'
import { readAll, writeAll } from '../support/records.ts'

const copies = [
  ['large_orders', 'ksql_large_orders'],
  ['failed_payments', 'ksql_failed_payments'],
  ['aggregated_revenue', 'ksql_revenue'],
  ['order_status', 'ksql_order_status'],
  ['frequent_failed_payments', 'ksql_frequent_failed_payments'],
] as const

it('audit --ksql finds two engines that say the same, and the first differences of two that do not', async () => {
  const { brokers } = await ownBroker()
  const client = new Client({ brokers })
  onTestFinished(() => client.close())
  const model = await KsqlModel.start()
  model.fill()
  const run = (...argv: string[]) => command(argv, { brokers, env: { PAYFLOW_KSQL_URL: model.url } })
  await run('topics', 'create')
  await run('produce', 'all', '--count', '300', '--rate', 'max', '--seed', '7', '--failure-rate', '0.4')
  const names = ['large-orders', 'failed-payments', 'aggregated-revenue', 'process-payments', 'frequent-failed-payments'] // prettier-ignore
  expect((await run('worker', ...names, '--until-caught-up')).exitCode).toBe(0)
  await createTopics(client, copies.map(([, topic]) => ({ topic, partitions: 3, replicationFactor: 1 }))) // prettier-ignore
  for (const [topic, copy] of copies) await writeAll(brokers, copy, await readAll(brokers, topic))

  const same = await run('audit', '--ksql', '--json')
  expect(same.stderr).toContain('workers 0 behind, ksqlDB 0 behind')
  const [{ comparisons }] = same.documents() as [{ comparisons: { workers: number; ksql: number }[] }]
  expect(same.exitCode).toBe(0)
  expect(comparisons).toHaveLength(5)
  for (const { workers, ksql } of comparisons) expect([workers > 0, ksql]).toEqual([true, workers])

  await writeAll(brokers, 'ksql_large_orders', [{ key: '7', value: '{"order_id":"x","user_id":7,"amount":500.01,"payment_method":"Crypto","timestamp":"2026-01-01 00:00:00"}' }]) // prettier-ignore
  await writeAll(brokers, 'ksql_failed_payments', [{ key: '7', value: 'oops\u001b' }])
  await writeAll(brokers, 'ksql_revenue', [{ key: '7', value: '[1]' }])
  const other = await run('audit', '--ksql')
  expect(other.exitCode).toBe(4)
  expect(other.stdout).toContain(
    'large orders, the first differences:\n  only ksql: {"order_id":"x","user_id":7,"amount":"500.01"',
  )
  expect(other.stderr).toContain("The workers and ksqlDB differ. large orders: 0 only the workers', 1 only ksqlDB's")
  expect(other.stdout).toMatch(/only ksql: ksql_failed_payments\/\d, offset \d+, is not a JSON object: oops␛/)
  expect(other.stdout).toMatch(/only ksql: ksql_revenue\/\d, offset \d+, is not a JSON object: \[1\]/)

  model.setStatus('KSQL_REVENUE', 'PAUSED')
  model.endQueryOf('KSQL_FAILED_PAYMENTS')
  const unfit = await run('audit', '--ksql')
  expect(unfit.exitCode).toBe(1)
  expect(unfit.stderr).toMatch(/ksqlDB cannot be compared\. KSQL_FAILED_PAYMENTS: its query was terminated: nothing writes it; KSQL_REVENUE: its query CTAS_KSQL_REVENUE_\d+ is paused/) // prettier-ignore
}, 120_000)
