import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { command, type CommandResult } from '../support/command.ts'
import { ownBroker } from '../support/broker.ts'
import { writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'
import { defaultWorkers } from '../../src/pipeline/workers/index.ts'

const names = defaultWorkers.map(({ name }) => name)
const payment = (i: number, userId: number, atMs: number) => ({
  key: String(userId),
  timestamp: String(atMs),
  value: JSON.stringify({ payment_id: randomUUID(), order_id: randomUUID(), user_id: userId, status: 'SUCCESS', amount: 10 + (i % 700), payment_method: 'PayPal', timestamp: new Date(atMs).toISOString() }), // prettier-ignore
})

/** Runs workers in this process until `stop` is called, or the test ends. */
function workers(argv: readonly string[], env: NodeJS.ProcessEnv): { stop: () => Promise<CommandResult> } {
  const end = new AbortController()
  const done = command(['worker', ...argv], { env, signal: end.signal })
  const stop = (): Promise<CommandResult> => (end.abort(), done)
  onTestFinished(async () => {
    await stop()
  })
  return { stop }
}

type Status = Record<string, unknown> & { workers: Record<string, unknown>[] }
const json = async (argv: readonly string[], env: NodeJS.ProcessEnv): Promise<{ exitCode: number; shown: Status }> => {
  const { exitCode, documents } = await command([...argv, '--json'], { env })
  return { exitCode, shown: documents()[0] as Status }
}

test('status and why say how everything is, and why a worker lags, from what a cluster really answers', async () => {
  const { brokers, home } = await ownBroker()
  const env = { PAYFLOW_HOME: home, PAYFLOW_BROKERS: brokers.join(',') }

  const empty = await json(['status'], env)
  expect(empty).toMatchObject({ exitCode: 0, shown: { ok: true, reachable: true, verdict: { level: 'info', command: 'payflow topics create' }, topics: [] } }) // prettier-ignore
  expect((await command(['topics', 'create'], { env })).exitCode).toBe(0)

  // payments of one user, a minute old, that nobody processes
  const old = Date.now() - 60_000
  await writeAll(
    brokers,
    'payments',
    Array.from({ length: 3_000 }, (_, i) => payment(i, i % 10 === 0 ? i : 7, old)),
  )
  const stopped = await command(['status'], { env })
  expect(stopped.exitCode).toBe(1)
  expect(stopped.stdout.split('\n').slice(0, 2)).toEqual(['No worker runs; 9,000 records wait', '→ payflow worker all'])
  expect(stopped.stdout).toMatch(/^broker +address +leads/m)
  expect(stopped.stdout).toMatch(/^payments +3,000 +0 +3$/m)
  expect(stopped.stdout).toMatch(/^large-orders +not running +3,000 +\d+ (?:s|min) +0 +0 +–$/m)
  expect(stopped.stderr).toBe('')
  const lagging = await json(['why', 'large-orders'], env)
  expect(lagging.exitCode).toBe(1)
  expect(lagging.shown).toMatchObject({
    ...{ worker: 'large-orders', running: false, lag: 3_000 },
    findings: [
      { kind: 'not-running', command: 'payflow worker large-orders' },
      { kind: 'skew', text: expect.stringMatching(/^Partition \d of payments has 9\d % of its lag, because of key 7$/) as unknown }, // prettier-ignore
    ],
  })

  // all of them run, and keep up; the processes of this home say what their tasks do
  const unknown = await command(['why', 'large-order'], { env })
  expect([unknown.exitCode, unknown.stderr]).toEqual([2, 'Error: There is no worker "large-order" on this cluster\n→ did you mean large-orders?\n']) // prettier-ignore
  const running = workers(names, env)
  await eventually(async () => {
    const { exitCode, shown } = await json(['status'], env)
    expect(shown).toMatchObject({ ok: true, verdict: { level: 'ok', text: 'Everything keeps up' } })
    expect(exitCode).toBe(0)
    for (const worker of shown.workers)
      expect(worker).toMatchObject({ running: true, lag: 0, lagSeconds: 0, restarts: 0, tasks: [0, 1, 2].map((partition) => ({ partition, phase: 'running', pid: process.pid })) }) // prettier-ignore
  })
  expect(await json(['why', 'large-orders'], env)).toMatchObject({ exitCode: 0, shown: { ok: true, findings: [] } })

  // somebody else's transaction that is not ended
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: 'stranger', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 120_000 }) // prettier-ignore
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  const transaction = await producer.transaction()
  const messages = Array.from({ length: 20 }, (_, i) => ({ ...payment(i, 7, Date.now()), partition: 1 }))
  await transaction.send({ topic: 'payments', messages })
  const held = await json(['why', 'large-orders'], env)
  expect(held.shown.findings).toMatchObject([
    { kind: 'held-transaction', text: expect.stringMatching(/^payments\/1 waits for a transaction of producer \d+ \(transactional id stranger\), open since /) as unknown, evidence: expect.stringContaining('20 offsets') as unknown }, // prettier-ignore
  ])
  await transaction.abort()
  await running.stop()
})

test('without a cluster status and why end with 3, soon, and say what is at the address', async () => {
  for (const argv of [['status'], ['why', 'large-orders'], ['top', '--once']]) {
    const startMs = performance.now()
    const { exitCode, stdout, stderr } = await command(argv, { brokers: ['127.0.0.1:1'] })
    expect([exitCode, stdout]).toEqual([3, ''])
    expect(stderr).toContain('127.0.0.1:1')
    expect(performance.now() - startMs).toBeLessThan(10_000)
  }
})
