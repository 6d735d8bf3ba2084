import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { audit, auditChoices } from '../../src/app/audit/audit.ts'
import { openTraces, type Traces } from '../../src/app/tracing/open.ts'
import type { TracingFault } from '../../src/app/tracing/exporter.ts'
import { inboxTopic } from '../../src/pipeline/events/topics.ts'
import { auditRules } from '../../src/pipeline/audit/rules.ts'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { armFailPoint } from '../../src/runtime/failpoint.ts'
import { produce } from '../../src/runtime/producers/produce.ts'
import { brokers } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, defaults, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { otlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { readAll, writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!
const clock = { seed: 5, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 }

beforeEach(() => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json')
})
afterEach(() => {
  vi.unstubAllEnvs()
  armFailPoint(undefined)
})

/** Traces that go to this address, and what a user is told of them. */
function tracesTo(endpoint: string): { traces: Traces; told: TracingFault[]; log: ReturnType<typeof recordedLog> } {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint)
  const told: TracingFault[] = []
  const log = recordedLog()
  const traces = openTraces({ service: 'payflow-test', tell: (fault) => told.push(fault), log: log.log })!
  onTestFinished(() => traces.close())
  return { traces, told, log }
}

const spansOf = ({ spans }: OtlpReceiver, name: RegExp): ReceivedSpan[] => spans.filter((span) => name.test(span.name))

const traceIdIn = (headers: Record<string, string>): string | undefined => /^00-([\da-f]{32})-[\da-f]{16}-0[01]$/.exec(headers.traceparent ?? '')?.[1] // prettier-ignore
const traced = (traceparent: string) => ({ traceparent })
const traceId = (n: number): string => n.toString(16).padStart(32, '0')
const parentOf = (n: number): string => `00-${traceId(n)}-${'1'.padStart(16, '0')}-01`

test('a trace runs from the producer through two workers into their outputs', async () => {
  const receiver = await otlpReceiver()
  const { traces } = tracesTo(receiver.endpoint)
  const failed = await isolated(findWorker('failed-payments')!)
  const statuses = await isolated(findWorker('process-payments')!)
  const payments = failed.worker.inputs.payments!
  const joined: AnyWorker = { ...statuses.worker, inputs: { ...statuses.worker.inputs, payments } }
  const source = paymentSource({ ...clock, failureRate: 1 })
  const options = { client: { brokers: brokers() }, rate: 'max' as const, count: 20, onProgress: () => undefined }
  await produce({ ...options, source: { ...source, topic: { ...source.topic, name: payments.name } }, signal: new AbortController().signal, tracing: traces.producers }) // prettier-ignore
  // the orders come from somebody who does not trace
  const { orderSource } = await import('../../src/pipeline/sources/orders.ts')
  const orders = orderSource(clock)
  await writeAll(brokers(), statuses.topicOf('orders'), Array.from({ length: 20 }, (_, i) => ({ key: orders.key(i), value: orders.json(i) }))) // prettier-ignore
  await runUntilCaughtUp([failed.worker, joined], { tracing: traces.workers })
  await traces.close()

  const written = await readAll(brokers(), payments.name)
  const ids = written.map(({ headers }) => traceIdIn(headers))
  expect(new Set(ids).size).toBe(20)
  const created = spansOf(receiver, /^create /)
  expect(created.map(({ traceId: id }) => id).sort()).toEqual([...ids].sort())
  expect(created[0]).toMatchObject({ name: `create ${payments.name}`, kind: 4, parentSpanId: '', attributes: { 'messaging.system': 'kafka', 'messaging.operation.type': 'create', 'messaging.destination.name': payments.name } }) // prettier-ignore
  const [sent] = spansOf(receiver, /^send /)
  expect(sent).toMatchObject({ kind: 3, attributes: { 'messaging.batch.message_count': 20 } })
  expect(sent!.links.map(({ traceId: id }) => id).sort()).toEqual([...ids].sort())

  for (const { output, worker } of [failed, statuses]) {
    const outputs = await readAll(brokers(), output)
    expect(outputs).toHaveLength(20)
    const processed = spansOf(receiver, /^process /).filter(
      ({ attributes }) => attributes['payflow.worker'] === worker.name,
    )
    const bySpan = new Map(processed.map((span) => [span.spanId, span]))
    for (const { headers } of outputs) {
      const span = bySpan.get(headers.traceparent!.split('-')[2]!)
      expect(span).toMatchObject({ kind: 5, traceId: traceIdIn(headers), attributes: { 'messaging.consumer.group.name': `payflow-${worker.name}`, 'payflow.transaction.result': 'committed' } }) // prettier-ignore
    }
  }
  // of those whose status was not told by an order that came later, the trace is that of the payment
  const own = (await readAll(brokers(), failed.output)).map(({ headers }) => traceIdIn(headers))
  expect(own.sort()).toEqual([...ids].sort())
  const commits = spansOf(receiver, /^commit$/)
  const linked = new Set(commits.flatMap(({ links, traceId: id }) => [id, ...links.map((link) => link.traceId)]))
  expect(ids.filter((id) => !linked.has(id!))).toEqual([])
  expect(commits.every(({ attributes }) => attributes['payflow.transaction.result'] === 'committed')).toBe(true)
  expect(receiver.spans[0]!.resource).toMatchObject({ 'service.name': 'payflow-test', 'service.namespace': 'payflow' })
})

test('without it no record that is written has a header', async () => {
  const { worker, topicOf, output } = await isolated(revenue)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 30))
  await runUntilCaughtUp([worker])
  const outputs = await readAll(brokers(), output)
  expect(outputs.map(({ headers }) => headers)).toEqual(outputs.map(() => ({})))
  expect(outputs).toHaveLength(30)
})

test('an aborted transaction says so, its records are processed again, and nothing is counted twice', async () => {
  const receiver = await otlpReceiver()
  const { traces } = tracesTo(receiver.endpoint)
  const { worker, topicOf, output } = await isolated(revenue)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 60))
  armFailPoint('after-outputs:error')
  await runUntilCaughtUp([worker], { tracing: traces.workers })
  await traces.close()
  const [aborted, ...others] = spansOf(receiver, /^commit$/).filter(({ status }) => status.code === 2)
  expect(others).toEqual([])
  expect(aborted).toMatchObject({ attributes: { 'payflow.transaction.result': 'aborted' }, status: { message: 'fail point after-outputs' } }) // prettier-ignore
  const records = spansOf(receiver, /^process /)
  const of = (result: string): ReceivedSpan[] => records.filter(({ attributes }) => attributes['payflow.transaction.result'] === result) // prettier-ignore
  expect(of('committed')).toHaveLength(60)
  expect(of('aborted')).toHaveLength(Number(aborted!.attributes['messaging.batch.message_count']))
  expect(of('aborted').every(({ status }) => status.code === 2)).toBe(true)
  await expectExactRevenue(brokers(), output, 60)
})

test('copies keep the trace of their record: strays, dead letters, and what is replayed; and the audit is right', async () => {
  const receiver = await otlpReceiver()
  const { traces } = tracesTo(receiver.endpoint)
  const { worker, topicOf, output } = await isolated(revenue)
  const [one, two] = orderMessages(0, 2) as [{ key: string; value: string }, { key: string; value: string }]
  const { Kafka, Partitioners, logLevel } = await import('kafkajs')
  const producer = new Kafka({ brokers: [...brokers()], logLevel: logLevel.NOTHING }).producer({ createPartitioner: Partitioners.DefaultPartitioner }) // prettier-ignore
  await producer.connect()
  const others = { 'x-own': 'kept' }
  // each in all three partitions: two of them are the wrong ones
  const messages = [0, 1, 2].map((partition) => ({ ...one, partition, headers: { ...traced(parentOf(partition + 1)), ...others } })) // prettier-ignore
  await producer.send({ topic: topicOf('orders'), messages: [...messages, { ...two, value: '{}', partition: 0, headers: { ...traced(parentOf(9)), tracestate: 'vendor=a', ...others } }] }) // prettier-ignore
  await producer.disconnect()
  await runUntilCaughtUp([worker], { tracing: traces.workers })

  const inbox = await readAll(brokers(), inboxTopic(worker.name))
  expect(inbox).toHaveLength(2)
  for (const { headers } of inbox) {
    expect(headers).toMatchObject({ 'x-own': 'kept', 'payflow.topic': topicOf('orders') })
    expect(headers.traceparent).toBe(parentOf(Number(headers['payflow.partition']) + 1))
  }
  const totals = await readAll(brokers(), output)
  expect(totals.map(({ headers }) => traceIdIn(headers)).sort()).toEqual([1, 2, 3].map(traceId))
  const letters = (await readAll(brokers(), 'dead_letters')).filter(({ headers }) => headers['payflow.worker'] === worker.name) // prettier-ignore
  expect(letters.map(({ headers }) => headers)).toMatchObject([{ traceparent: parentOf(9), tracestate: 'vendor=a', 'x-own': 'kept', 'payflow.partition': '0' }]) // prettier-ignore
  const rule = auditRules.get('aggregated-revenue')!
  const choices = auditChoices([{ definition: { ...worker, audit: rule }, options: defaults(worker), words: [] }])
  expect(await audit(client(), choices, { signal: new AbortController().signal, onProgress: () => undefined })).toMatchObject({ ok: true }) // prettier-ignore

  expect((await command(['dead-letters', 'replay', '--worker', worker.name, '--yes'], { brokers: brokers() })).exitCode).toBe(0) // prettier-ignore
  const replayed = (await readAll(brokers(), inboxTopic(worker.name))).filter(({ headers }) => 'payflow.replays' in headers) // prettier-ignore
  expect(replayed.map(({ headers }) => headers)).toMatchObject([{ traceparent: parentOf(9), tracestate: 'vendor=a', 'x-own': 'kept' }]) // prettier-ignore
  await traces.close()
  const refused = spansOf(receiver, /^process /).filter(({ traceId: id }) => id === traceId(9))
  expect(refused).toMatchObject([{ status: { code: 2 }, attributes: { 'error.type': 'missing', 'payflow.outcome': 'dead letter' } }]) // prettier-ignore
  const handed = receiver.spans.filter(({ attributes }) => attributes['payflow.outcome'] === 'handed over')
  expect(handed).toHaveLength(2)
})

describe('a collector that is not there', () => {
  test('holds nothing up, and is told of once, with why, within 10 s', async () => {
    const startedMs = performance.now()
    const { traces, told, log } = tracesTo('http://127.0.0.1:1')
    const { worker, topicOf, output } = await isolated(revenue)
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 50))
    const run = start([worker], { tracing: traces.workers })
    await eventually(() => expect(told).toHaveLength(1), { timeoutMs: 20_000 })
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    expect(told[0]!.what).toBe('OpenTelemetry: no spans arrive at http://127.0.0.1:1/v1/traces (connect ECONNREFUSED 127.0.0.1:1); the records go on without them') // prettier-ignore
    await writeAll(brokers(), topicOf('orders'), orderMessages(50, 100))
    await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(100), { intervalMs: 300 })
    await eventually(() => expect(log.entries.filter(({ event }) => event === 'otel-export-failed').length).toBeGreaterThan(1)) // prettier-ignore
    expect(told).toHaveLength(1)
    run.stop()
    await run.done
    const closing = performance.now()
    await traces.close()
    expect(performance.now() - closing).toBeLessThan(1_000)
  })

  test('or goes away: that is told within 10 s, too', async () => {
    const receiver = await otlpReceiver()
    const { traces, told } = tracesTo(receiver.endpoint)
    const { worker, topicOf } = await isolated(revenue)
    start([worker], { tracing: traces.workers })
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 10))
    await eventually(() => expect(receiver.spans.length).toBeGreaterThan(10))
    expect(told).toEqual([])
    receiver.close()
    await writeAll(brokers(), topicOf('orders'), orderMessages(10, 20))
    const writtenMs = performance.now()
    await eventually(() => expect(told).toHaveLength(1), { timeoutMs: 20_000 })
    expect(performance.now() - writtenMs).toBeLessThan(10_000)
  })

  test.each([
    [404, 'HTTP 404 Not Found'],
    [503, 'HTTP 429, 502, 503 or 504: it is busy'],
  ])('or answers %i: that is the cause', async (status, cause) => {
    const { endpoint } = await otlpReceiver({ status })
    const { told } = tracesTo(endpoint)
    await eventually(() => expect(told[0]?.what).toContain(`(${cause})`))
  })
})

describe('the variables of OpenTelemetry', () => {
  test('sample: what is not wanted is not sent, but says so to whoever comes next', async () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_always_off')
    const receiver = await otlpReceiver()
    const { traces } = tracesTo(receiver.endpoint)
    const { worker, topicOf, output } = await isolated(revenue)
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 10))
    await runUntilCaughtUp([worker], { tracing: traces.workers })
    await traces.close()
    expect(receiver.spans).toEqual([])
    for (const { headers } of await readAll(brokers(), output)) expect(headers.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/) // prettier-ignore
  })

  test('name the service and the protocol', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf')
    vi.stubEnv('OTEL_SERVICE_NAME', 'shop')
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-team=a')
    const receiver = await otlpReceiver()
    const { traces } = tracesTo(receiver.endpoint)
    const { worker, topicOf, output } = await isolated(revenue)
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 1))
    await runUntilCaughtUp([worker], { tracing: traces.workers })
    await traces.close()
    const { headers, body, path } = receiver.requests.at(-1)!
    expect([path, headers['content-type'], headers['x-team']]).toEqual(['/v1/traces', 'application/x-protobuf', 'a'])
    const [written] = await readAll(brokers(), output)
    expect(body.includes(Buffer.from(traceIdIn(written!.headers)!, 'hex'))).toBe(true)
    expect(body.includes('shop')).toBe(true)
  })
})
