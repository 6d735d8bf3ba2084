import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { workerEntries } from '../../src/app/workers/process-registry.ts'
import { launch, ownHome } from '../support/cli.ts'
import { samplesOf } from '../support/promtool.ts'
import { temporaryHome } from '../support/home.ts'
import { eventually } from '../support/wait.ts'

const urlIn = (text: string): string => /(http:\/\/[\d.]+:\d+)\/metrics/.exec(text)![1]!

test('`all --http` shows the figures of all its processes, is ready when they are, and keeps their logs', async () => {
  const { home, env } = await temporaryHome()
  const run = launch({ ...env, PAYFLOW_LOG_LEVEL: 'debug' }, 'all', '--http', '127.0.0.1:0', '--seed', '5', '--log-file', join(home, 'mine.log')) // prettier-ignore
  let said = ''
  run.child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await run.says('/metrics')
  const url = urlIn(said)
  expect((await fetch(`${url}/readyz`)).status).toBe(503)
  await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeoutMs: 60_000 })
  const samples = async (): Promise<Map<string, number>> => samplesOf(await (await fetch(`${url}/metrics`)).text())
  const counted = 'payflow_transactions_total{worker="large-orders",result="committed"}'
  const before = await eventually(async () => {
    const now = await samples()
    expect(now.get(counted)).toBeGreaterThan(0)
    expect(now.get('payflow_records_produced_total{worker="process-payments",topic="order_status"}')).toBeGreaterThan(0)
    expect(now.get('payflow_revenue_cents_total{worker="aggregated-revenue"}')).toBeGreaterThan(0)
    expect(now.get('payflow_orders_total{worker="process-payments",state="PAID"}')).toBeGreaterThan(0)
    expect([...now.keys()].filter((name) => name.startsWith('payflow_consumer_lag_records'))).toHaveLength(
      6 * 6 + 2 * 3,
    )
    return now
  })
  // a process that dies is started again, and what it has counted is not forgotten
  const pid = workerEntries(home).find(({ workers }) => workers.some(({ name }) => name === 'large-orders'))!.pid // prettier-ignore
  process.kill(pid, 'SIGKILL')
  await eventually(
    async () => {
      const now = await samples()
      expect(now.get('payflow_worker_restarts_total{worker="large-orders"}')).toBe(1)
      expect(now.get(counted)).toBeGreaterThan(before.get(counted)!)
    },
    { timeoutMs: 60_000 },
  )
  run.child.kill('SIGINT')
  expect(await run.ended).toMatchObject({ code: 0 })
  const logs = readdirSync(join(home, 'logs')).sort()
  expect(logs).toEqual(expect.arrayContaining(['all.log', 'worker-large-orders.log', 'worker-process-payments.log']))
  expect(said).toContain(join(home, 'logs'))
  const own = readFileSync(join(home, 'logs', 'worker-large-orders.log'), 'utf8')
  expect(own).toMatch(/^\S+Z info assigned worker=large-orders partitions=\[.*\] generation=\d+ ms=\d+$/m)
  expect(own).toMatch(/^\S+Z debug committed worker=large-orders partition=\d epoch=1 .*ms=\d/m)
  expect(readFileSync(join(home, 'logs', 'all.log'), 'utf8')).toMatch(/ warn process-ended worker=large-orders .*signal=SIGKILL/) // prettier-ignore
  expect(readFileSync(join(home, 'mine.log'), 'utf8')).toMatch(/ info begun command=all /)
})

test('with --log-format json, stderr of a worker is JSON lines and nothing else, its failure too', async () => {
  const { payflow } = await ownHome()
  const { code, stderr } = await payflow('worker', 'large-orders', '--brokers', '127.0.0.1:1', '--log-format', 'json')
  expect(code).toBe(3)
  const entries = stderr.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) // prettier-ignore
  expect(entries[0]).toMatchObject({ level: 'info', event: 'begun', command: 'worker' })
  expect(entries.at(-1)).toMatchObject({ level: 'error', event: 'failed', code: 'UNREACHABLE' })
})
