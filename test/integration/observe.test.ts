import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, Partitioners, logLevel } from 'kafkajs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { audit, auditChoices, isRight } from '../../src/app/audit/audit.ts'
import { keepAudit, showAudits } from '../../src/app/metrics/last-audit.ts'
import { AllMetrics } from '../../src/app/metrics/all-metrics.ts'
import { LAG_INTERVAL_MS, WorkerMetrics } from '../../src/app/metrics/worker-metrics.ts'
import { Supervisor } from '../../src/app/workers/supervisor.ts'
import { Client } from '../../src/kafka/client.ts'
import { noLog } from '../../src/log.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import type { RunWorkersOptions } from '../../src/runtime/run-workers.ts'
import { openHttp } from '../../src/web/http.ts'
import { observedRoutes } from '../../src/web/observed.ts'
import { brokers } from '../support/broker.ts'
import { BrokenRequests } from '../support/broken-requests.ts'
import { client, defaults, isolated, start } from '../support/isolated.ts'
import { firing, hasPromtool, samplesOf, type Scrape } from '../support/promtool.ts'
import { writeAll } from '../support/records.ts'
import { nodeScript } from '../support/scripts.ts'
import { orderMessages, orderOf } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!

interface Observed {
  readonly run: ReturnType<typeof start>
  readonly get: (path: string) => Promise<{ status: number; body: string }>
  /** Scrapes when the last sample of lag is due to be replaced. */
  readonly scrape: () => Promise<Scrape>
  /** The value of a series, by its name and labels as they are shown. */
  readonly value: (name: string) => Promise<number | undefined>
  /** Requests that were sent to learn the lag. */
  readonly lagRequests: () => number
}

interface Watching {
  readonly home?: string
  /** What is wrong with the connections that the lag is asked over. */
  readonly lagRequests?: BrokenRequests
}

/** How long a lag that was heard counts, where it is to be forgotten soon. */
const LAG_FRESH_MS = 300

/** Runs a worker that is watched over HTTP. */
async function observed(
  worker: AnyWorker,
  more: Partial<RunWorkersOptions> = {},
  { home, lagRequests: broken }: Watching = {},
): Promise<Observed> {
  let lagRequests = 0
  const metrics = new WorkerMetrics({
    workers: [worker],
    sessionTimeoutMs: 6_000,
    connect: () => new Client({ brokers: brokers(), onRequest: () => lagRequests++, ...(broken && { transport: broken.transport }) }), // prettier-ignore
    lagIntervalMs: 100,
    ...(broken && { lagFreshMs: LAG_FRESH_MS }),
    ...(home !== undefined && { showAudits: (figures) => showAudits(figures, { home, brokers: brokers() }, [worker.name]) }), // prettier-ignore
  })
  const { url, close } = await openHttp({ host: '127.0.0.1', port: 0 }, observedRoutes(await metrics.observed()))
  onTestFinished(async () => {
    await close()
    await metrics.close()
  })
  const events: ReturnType<typeof start>['events'] = []
  const run = start([worker], {
    onRequest: metrics.onRequest,
    onRunning: metrics.onRunning,
    ...more,
    onEvent: (event) => {
      events.push(event)
      metrics.onEvent(event)
    },
  })
  const get = async (path: string): Promise<{ status: number; body: string }> => {
    const answer = await fetch(`${url}${path}`)
    return { status: answer.status, body: await answer.text() }
  }
  const scrape = async (): Promise<Scrape> => ({ atMs: performance.now(), text: (await get('/metrics')).body })
  return {
    run: { ...run, events },
    get,
    scrape,
    value: async (name) => samplesOf((await scrape()).text).get(name),
    lagRequests: () => lagRequests,
  }
}

const ready = ({ get }: Observed): Promise<void> =>
  eventually(async () => expect((await get('/readyz')).status).toBe(200))

test('a worker’s figures are those of what it did, its lag is 0 once it has, and it is live and ready', async () => {
  const { worker, topicOf, output } = await isolated(revenue)
  const orders = topicOf('orders')
  await writeAll(brokers(), orders, [...orderMessages(0, 40), { key: '1', value: '{broken' }, { key: '2', value: '{}' }]) // prettier-ignore
  const shown = await observed(worker)
  const w = `worker="${worker.name}"`
  await eventually(async () => expect(await shown.value(`payflow_records_consumed_total{${w},topic="${orders}"}`)).toBe(42)) // prettier-ignore
  const samples = samplesOf((await shown.scrape()).text)
  expect(samples.get(`payflow_records_produced_total{${w},topic="${output}"}`)).toBe(40)
  expect(samples.get(`payflow_dead_letters_total{${w},reason="not_json"}`)).toBe(1)
  expect(samples.get(`payflow_dead_letters_total{${w},reason="missing"}`)).toBe(1)
  expect(samples.get(`payflow_tasks{${w},state="running"}`)).toBe(3)
  expect(samples.get(`payflow_rebalances_total{${w}}`)).toBe(1)
  const users = new Set(Array.from({ length: 40 }, (_, i) => orderOf(i).user_id))
  const keys = [...samples].filter(([name]) => name.startsWith('payflow_state_keys')).reduce((sum, [, each]) => sum + each, 0) // prettier-ignore
  expect(keys).toBe(users.size)
  expect(samples.get(`payflow_transactions_total{${w},result="committed"}`)).toBeGreaterThan(0)
  expect(samples.get(`payflow_transaction_records_sum{${w}}`)).toBe(42)
  expect(samples.get(`payflow_broker_request_duration_seconds_count{${w},result="ok"}`)).toBeGreaterThan(5)
  await eventually(async () => {
    for (const name of ['records', 'seconds'])
      for (const partition of [0, 1, 2])
        expect(await shown.value(`payflow_consumer_lag_${name}{${w},topic="${orders}",partition="${partition}"}`)).toBe(0) // prettier-ignore
  })
  await ready(shown)
  expect(await shown.get('/livez')).toEqual({ status: 200, body: '{"ok":true,"problems":[]}' })
})

test('a second scrape within the interval asks no broker, and neither do the probes', async () => {
  const { worker } = await isolated(revenue)
  let requests = 0
  const metrics = new WorkerMetrics({
    workers: [worker],
    sessionTimeoutMs: 6_000,
    connect: () => new Client({ brokers: brokers(), onRequest: () => requests++ }),
  })
  onTestFinished(() => metrics.close())
  const run = start([worker], { onRunning: metrics.onRunning, onEvent: metrics.onEvent })
  const shown = await metrics.observed()
  await eventually(() => expect(shown.ready()).toEqual({ ok: true, problems: [] }))
  expect(requests).toBe(0)
  const startedMs = performance.now()
  await shown.metrics.text()
  const once = requests
  expect(once).toBeGreaterThan(0)
  await Promise.all([shown.metrics.text(), shown.metrics.text()])
  await shown.metrics.text()
  expect([shown.live().ok, shown.ready().ok]).toEqual([true, true])
  expect(performance.now() - startedMs).toBeLessThan(LAG_INTERVAL_MS)
  expect(requests).toBe(once)
  run.stop()
})

describe('while a worker is not ready', () => {
  test('it says which of its partitions it is waiting for', async () => {
    const { worker, topicOf } = await isolated(revenue)
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 10))
    const shown = await observed(worker)
    const { status, body } = await shown.get('/readyz')
    expect([status, JSON.parse(body)]).toEqual([503, { ok: false, problems: [expect.stringContaining(worker.name)] }])
    expect((await shown.get('/livez')).status).toBe(200)
    await ready(shown)
  })
})

/** Two scrapes of what it is like as soon as `isBroken`; what happens between them goes on. */
async function broken(
  shown: Observed,
  isBroken: () => Promise<void>,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<[Scrape, Scrape]> {
  await eventually(isBroken, { timeoutMs: 60_000 })
  const first = await shown.scrape()
  await between()
  // the lag is asked for again then
  await eventually(() => expect(performance.now() - first.atMs).toBeGreaterThan(1_000))
  return [first, await shown.scrape()]
}

describe.skipIf(!hasPromtool)('an alert fires', () => {
  test('for records that nobody gets to, and for a lag that grows; none while all is well', async () => {
    const { worker, topicOf } = await isolated(revenue)
    const orders = topicOf('orders')
    const slow: AnyWorker = {
      ...worker,
      on: {
        orders: (order: never, state: never, options: never) => {
          const until = performance.now() + 20
          while (performance.now() < until);
          return worker.on.orders!(order, state, options)
        },
      },
    }
    const shown = await observed(slow)
    await ready(shown)
    await eventually(async () => expect(samplesOf((await shown.scrape()).text).size).toBeGreaterThan(50))
    const well = await shown.scrape()
    expect(firing(well, well, await shown.scrape())).toEqual([])
    // a backlog that was written two minutes ago, and more than it can do
    await writeOld(orders, 0, 600)
    const lagging = `payflow_consumer_lag_seconds{worker="${slow.name}",topic="${orders}",partition="0"}`
    const scrapes = await broken(
      shown,
      async () => expect(await shown.value(lagging)).toBeGreaterThan(60),
      async () => {
        await writeOld(orders, 600, 1_800)
        // a process that is this busy may take a while until it has asked again
        await eventually(async () => expect(await lagShown(shown)).toBeGreaterThan(600))
      },
    )
    expect(firing(well, ...scrapes)).toEqual(['PayflowBehind', 'PayflowLagGrows'])
  })

  test('for a partition that stands still', async () => {
    const { worker, topicOf } = await isolated(revenue)
    const requests = new BrokenRequests()
    const shown = await observed(worker, { stallMs: 1_500, client: { brokers: brokers(), transport: requests.transport } }) // prettier-ignore
    // before anybody waits for the run to end
    onTestFinished(() => requests.release())
    await ready(shown)
    const well = await shown.scrape()
    requests.set('produce', 'held')
    shown.run.done.catch(() => undefined)
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 30))
    const stalls = `payflow_stalls_total{worker="${worker.name}"}`
    const scrapes = await broken(shown, async () => expect(await shown.value(stalls)).toBeGreaterThan(0))
    expect(firing(well, ...scrapes)).toContain('PayflowPartitionStalled')
  })

  test('for partitions that are not running', async () => {
    const { worker, topicOf } = await isolated(revenue)
    const requests = new BrokenRequests()
    const shown = await observed(worker, { client: { brokers: brokers(), transport: requests.transport } })
    onTestFinished(() => requests.release())
    await ready(shown)
    const well = await shown.scrape()
    // a transaction fails, and nobody answers who may begin the next
    requests.set('initProducerId', 'held')
    requests.set('produce', 'lost')
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 30))
    const fencing = `payflow_tasks{worker="${worker.name}",state="fencing"}`
    const scrapes = await broken(shown, async () => expect(await shown.value(fencing)).toBeGreaterThan(0))
    expect(firing(well, ...scrapes)).toContain('PayflowPartitionNotRunning')
  })

  test('for a lag that nobody knows', async () => {
    const { worker, topicOf } = await isolated(revenue)
    const requests = new BrokenRequests()
    const shown = await observed(worker, {}, { lagRequests: requests })
    onTestFinished(() => requests.release())
    await ready(shown)
    const lag = `payflow_consumer_lag_records{worker="${worker.name}",topic="${topicOf('orders')}",partition="0"}`
    await eventually(async () => expect(await shown.value(lag)).toBe(0))
    const well = await shown.scrape()
    requests.setAll('lost')
    const scrapes = await broken(shown, async () => expect(await shown.value(lag)).toBeUndefined())
    expect(firing(well, ...scrapes)).toEqual(['PayflowLagUnknown'])
  })

  test('for a process that keeps ending', async () => {
    const metrics = new AllMetrics(['large-orders'])
    const supervisor = new Supervisor(() => nodeScript('process.exit(1)'), {
      log: noLog,
      onEvent: (event) => {
        if (event.kind === 'died') metrics.died(event.worker, event.retryMs !== undefined)
      },
    })
    onTestFinished(() => supervisor.kill())
    const { metrics: shown } = await metrics.observed(() => supervisor.list(), () => undefined, () => ({ home: '/nowhere', brokers: [] })) // prettier-ignore
    const scrape = async (): Promise<Scrape> => ({ atMs: performance.now(), text: await shown.text() })
    const restarts = async (): Promise<number | undefined> => samplesOf((await scrape()).text).get('payflow_worker_restarts_total{worker="large-orders"}') // prettier-ignore
    const well = await scrape()
    supervisor.start('large-orders')
    await eventually(async () => expect(await restarts()).toBeGreaterThan(0))
    const first = await scrape()
    await eventually(async () => expect(await restarts()).toBeGreaterThan(2))
    expect(firing(well, first, await scrape())).toContain('PayflowWorkerRestarts')
  })

  test('for transactions that fail again and again', async () => {
    const { worker, topicOf } = await isolated(revenue)
    const requests = new BrokenRequests()
    const shown = await observed(worker, { client: { brokers: brokers(), transport: requests.transport } }) // prettier-ignore
    await ready(shown)
    const well = await shown.scrape()
    requests.set('produce', 'lost')
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 30))
    const aborted = `payflow_transactions_total{worker="${worker.name}",result="aborted"}`
    const scrapes = await broken(shown, async () => expect(await shown.value(aborted)).toBeGreaterThan(1))
    expect(firing(well, ...scrapes)).toContain('PayflowTransactionsFail')
  })

  test('for dead letters', async () => {
    const { worker, topicOf } = await isolated(revenue)
    const shown = await observed(worker)
    await ready(shown)
    const well = await shown.scrape()
    await writeAll(brokers(), topicOf('orders'), [{ key: '1', value: 'not an order' }])
    const letters = `payflow_dead_letters_total{worker="${worker.name}",reason="not_json"}`
    const scrapes = await broken(shown, async () => expect(await shown.value(letters)).toBe(1))
    expect(firing(well, ...scrapes)).toEqual(['PayflowDeadLetters'])
  })

  test('for a transaction that is left open', async () => {
    const { worker, topicOf } = await isolated(revenue)
    const orders = topicOf('orders')
    const shown = await observed(worker)
    await ready(shown)
    const well = await shown.scrape()
    const kafka = new Kafka({ brokers: [...brokers()], logLevel: logLevel.NOTHING })
    const producer = kafka.producer({ transactionalId: `hangs-${randomUUID()}`, transactionTimeout: 120_000, maxInFlightRequests: 1, idempotent: true, createPartitioner: Partitioners.DefaultPartitioner }) // prettier-ignore
    await producer.connect()
    const transaction = await producer.transaction()
    onTestFinished(async () => {
      await transaction.abort()
      await producer.disconnect()
    })
    await transaction.send({ topic: orders, messages: orderMessages(0, 5).map((message) => ({ ...message, partition: 0 })) }) // prettier-ignore
    const age = `payflow_open_transaction_age_seconds{worker="${worker.name}",topic="${orders}",partition="0"}`
    const scrapes = await broken(shown, async () => expect(await shown.value(age)).toBeGreaterThan(1))
    expect(firing(well, ...scrapes)).toEqual(['PayflowTransactionHangs'])
  })

  test('for an audit that finds a difference', async () => {
    const home = mkdtempSync(join(tmpdir(), 'payflow-audit-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const { worker, topicOf, output } = await isolated(revenue)
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 20))
    const shown = await observed(worker, {}, { home })
    const w = `worker="${worker.name}"`
    await eventually(async () => expect(await shown.value(`payflow_records_consumed_total{${w},topic="${topicOf('orders')}"}`)).toBe(20)) // prettier-ignore
    const { audit: rule } = { audit: (await import('../../src/pipeline/audit/rules.ts')).auditRules.get('aggregated-revenue')! } // prettier-ignore
    const judge = async (): Promise<void> => {
      const choices = auditChoices([{ definition: { ...worker, audit: rule }, options: defaults(worker), words: [] }])
      const report = await audit(client(), choices, { signal: new AbortController().signal, onProgress: () => undefined }) // prettier-ignore
      keepAudit({ home, brokers: [...brokers()] }, report.workers.map((found) => ({ worker: found.worker, ok: isRight(found) })), noLog) // prettier-ignore
    }
    await judge()
    expect(await shown.value(`payflow_audit_ok{${w}}`)).toBe(1)
    const well = await shown.scrape()
    await writeAll(brokers(), output, [{ key: '1', value: '{"user_id":1,"total_revenue":1.23,"order_count":1,"timestamp":"2026-01-01T00:00:00.000Z"}' }]) // prettier-ignore
    await judge()
    const scrapes = await broken(shown, async () => expect(await shown.value(`payflow_audit_ok{${w}}`)).toBe(0))
    expect(firing(well, ...scrapes)).toEqual(['PayflowAuditDiffers'])
  })
})

/** Over all partitions. */
const lagShown = async (shown: Observed): Promise<number> =>
  [...samplesOf((await shown.scrape()).text)].reduce((sum, [name, value]) => sum + (name.startsWith('payflow_consumer_lag_records') ? value : 0), 0) // prettier-ignore

/** Orders that were written two minutes ago, as far as their records say. */
async function writeOld(topic: string, from: number, to: number): Promise<void> {
  const producer = new Kafka({ brokers: [...brokers()], logLevel: logLevel.NOTHING }).producer({ createPartitioner: Partitioners.DefaultPartitioner }) // prettier-ignore
  await producer.connect()
  const timestamp = String(Date.now() - 120_000)
  await producer.send({ topic, messages: orderMessages(from, to).map((message) => ({ ...message, timestamp })) })
  await producer.disconnect()
}
