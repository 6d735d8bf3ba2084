import { expect, test } from 'vitest'
import { audit, type AuditReport } from '../../src/app/audit/audit.ts'
import type { WorkerAudit } from '../../src/app/audit/worker-audit.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { auditRules } from '../../src/pipeline/audit/rules.ts'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import { userSource } from '../../src/pipeline/sources/users.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { findWorker, defaultWorkers as workers } from '../../src/pipeline/workers/index.ts'
import { brokers, ownBroker } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, defaults, isolated, runUntilCaughtUp, start, type Isolated } from '../support/isolated.ts'
import { readAll, writeAll, type ReadRecord } from '../support/records.ts'
import { eventually } from '../support/wait.ts'
import { partitionOf } from '../../src/kafka/partitioner.ts'

const clock = { seed: 11, startMs: Date.UTC(2026, 0, 1), intervalMs: 1_000 }
const sources = {
  orders: orderSource(clock),
  payments: paymentSource({ ...clock, failureRate: 0.4 }),
  users: userSource(clock),
}
type Kind = keyof typeof sources
const messages = (kind: Kind, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({
    key: sources[kind].key(from + i),
    value: sources[kind].json(from + i),
  }))
const failures = (to: number) =>
  messages('payments', 0, to).filter(({ value }) => value.includes('"FAILED"')) // prettier-ignore

/** Audits one worker that has another name than the one it is made of. */
async function audited(worker: AnyWorker, more: { onProgress?: () => void } = {}): Promise<WorkerAudit> {
  const rule = [...auditRules].find(([name]) => new RegExp(`^${name}-\\w{8}$`).test(worker.name))![1]
  const { onProgress = () => undefined } = more
  const report: AuditReport = await audit(client(), [{ worker, options: defaults(worker), rule }], {
    signal: new AbortController().signal,
    onProgress,
  })
  return report.workers[0]!
}
const right = { missing: 0, unexpected: 0, disordered: 0, differences: [] }

async function filled({ worker, topicOf }: Isolated, to: number, from = 0): Promise<void> {
  for (const alias of Object.keys(worker.inputs))
    await writeAll(brokers(), topicOf(alias), alias === 'failed_payments' ? failures(to) : messages(alias as Kind, from, to)) // prettier-ignore
}

/** The same worker, as if it had written a topic that holds these records. */
async function withOutput(
  { worker, output }: Isolated,
  records: readonly ReadRecord[],
  copy: string,
): Promise<AnyWorker> {
  // prettier-ignore
  const topic = `${output}-${copy}`
  await createTopics(client(), [{ topic, partitions: 3, replicationFactor: 1 }])
  await writeAll(brokers(), topic, records.map(({ key, value, partition }) => ({ key, value, partition }))) // prettier-ignore
  return { ...worker, output: { ...worker.output, name: topic } }
}

test.each(workers.map(({ name }) => name))('what %s really wrote is right', async (name) => {
  const made = await isolated(findWorker(name)!)
  await filled(made, 1_500)
  const [summary] = await runUntilCaughtUp([made.worker])
  const read: number[] = []
  const result = await audited(made.worker, { onProgress: () => read.push(1) })
  expect(result).toMatchObject({ ...right, inputs: summary!.processed, expected: summary!.emitted, unjudged: 0 })
  expect(result.actual).toBe((await readAll(brokers(), made.output)).length)
  expect(result.actual).toBeGreaterThan(0)
  expect(read.length).toBeGreaterThan(1)
})

test('a record added, one changed by a cent, a shorter topic: each is named', async () => {
  const made = await isolated(findWorker('aggregated-revenue')!)
  await filled(made, 300)
  await runUntilCaughtUp([made.worker])
  const records = await readAll(brokers(), made.output)
  const at = records.findIndex(({ partition }) => partition === 1) + 5
  const { partition, value, key } = records[at]!

  expect(await audited(await withOutput(made, records, 'same'))).toMatchObject(right)

  const added = await audited(await withOutput(made, [...records, records[at]!], 'added'))
  expect(added).toMatchObject({ missing: 0, unexpected: 1, actual: 301 })
  const last = records.filter((record) => record.partition === partition).length
  expect(added.differences).toMatchObject([{ partition, offset: last, expected: null, found: value }])

  const total = (JSON.parse(value!) as { total_revenue: number }).total_revenue
  const wrong = value!.replace(String(total), String(Math.round(total * 100 + 1) / 100))
  const changed = await audited(await withOutput(made, records.with(at, { ...records[at]!, value: wrong }), 'changed'))
  expect(changed).toMatchObject({ missing: 1, unexpected: 1 })
  expect(changed.differences).toMatchObject([{ partition, offset: 5, expected: value, found: wrong }])

  const shorter = await audited(await withOutput(made, records.slice(0, -1), 'shorter'))
  expect(shorter).toMatchObject({ missing: 1, unexpected: 0, expected: 300, actual: 299 })
  expect(shorter.differences).toMatchObject([{ partition: 2, expected: records.at(-1)!.value, found: null }])

  const moved = await audited(await withOutput(made, records.with(at, { ...records[at]!, partition: 2 }), 'moved'))
  expect(moved.differences).toContainEqual(expect.objectContaining({ partition: 2, found: value }))
  expect(moved.unexpected).toBeGreaterThan(0)

  const next = records.findIndex((record, i) => i > at && record.key === key)
  const swapped = records.with(at, records[next]!).with(next, records[at]!)
  const disordered = await audited(await withOutput(made, swapped, 'swapped'))
  expect(disordered).toMatchObject({ missing: 0, unexpected: 0, disordered: 1 })
  expect(disordered.differences[0]!.note).toContain(`key ${key!}`)
})

test('a worker that runs and commits is judged up to its committed offsets', async () => {
  const made = await isolated(findWorker('process-payments')!)
  await filled(made, 500)
  const running = start([made.worker])
  const flow = { done: false, written: 500 }
  let audits = 0
  const writing = (async () => {
    for (; flow.written < 3_500 || audits <= 2; flow.written += 100)
      await filled(made, flow.written + 100, flow.written)
    flow.done = true
  })()
  let inputs = 0
  do {
    const result = await audited(made.worker)
    expect(result).toMatchObject(right)
    expect(result.inputs).toBeGreaterThanOrEqual(inputs)
    inputs = result.inputs
    audits++
  } while (!flow.done)
  await writing
  expect(audits).toBeGreaterThan(2)
  await eventually(async () => expect(await audited(made.worker)).toMatchObject({ ...right, inputs: 2 * flow.written, unjudged: 0 })) // prettier-ignore
  running.stop()
  await running.done
})

test('bad input and records in the wrong partition are expected where they belong, once', async () => {
  const made = await isolated(findWorker('aggregated-revenue')!)
  const home = (key: string): number => partitionOf(key, 3)
  const strays = messages('orders', 100, 160).map(({ key, value }, i) => ({ key: i % 2 === 0 ? null : 'other', value, partition: (home(key) + 1) % 3 })) // prettier-ignore
  const bad = [null, '', 'x', '{"order_id":1}', Buffer.from([0xff])].map((value) => ({ key: 'k', value }))
  await writeAll(brokers(), made.topicOf('orders'), [...messages('orders', 0, 100), ...strays, ...bad])
  await runUntilCaughtUp([made.worker])
  expect(await audited(made.worker)).toMatchObject({ ...right, inputs: 165, expected: 160, actual: 160, deadLetters: 5 }) // prettier-ignore

  const inbox = `payflow-${made.worker.name}-inbox`
  const [stray] = await readAll(brokers(), inbox)
  await writeAll(brokers(), inbox, [{ key: stray!.key, value: stray!.value }])
  const { unexpected, differences } = await audited(made.worker)
  expect(unexpected).toBe(1)
  expect(differences).toMatchObject([{ topic: inbox, note: 'nobody handed it on' }])
})

test('an audit that is stopped ends at once', async () => {
  const made = await isolated(findWorker('failed-payments')!)
  await filled(made, 100)
  await runUntilCaughtUp([made.worker])
  const stop = new AbortController()
  const choice = { worker: made.worker, options: {}, rule: auditRules.get('failed-payments')! }
  const stopped = audit(client(), [choice], { signal: stop.signal, onProgress: () => stop.abort() })
  await expect(stopped).rejects.toThrow(/abort/i)
})

test('the command says what is wrong and ends with 4; with the options of the run it ends with 0', async () => {
  const own = await ownBroker()
  const payflow = (...argv: string[]) => command(argv, { brokers: own.brokers })
  const nothing = await payflow('audit')
  expect(nothing.exitCode).toBe(1)
  expect(nothing.stderr).toMatch(/^Error: The audit of .* needs .*, which do not exist/m)

  const names = ['large-orders', 'process-payments']
  const prepared = [
    await payflow('topics', 'create'),
    await payflow('produce', 'all', '--count', '400', '--rate', 'max', '--seed', '3'),
    await payflow('worker', ...names, '--until-caught-up', '--threshold', '250'),
  ]
  expect(prepared.map(({ exitCode, stderr }) => (exitCode === 0 ? 0 : stderr))).toEqual([0, 0, 0])
  expect((await payflow('audit', ...names, '--threshold', '250')).exitCode).toBe(0)
  expect((await payflow('audit', ...names, '--threshold', '600')).exitCode).toBe(4)

  await writeAll(own.brokers, 'large_orders', [{ key: '1', value: '{"order_id":1}' }])
  const wrong = await payflow('audit', ...names, '--threshold', '250', '--json')
  expect(wrong.exitCode).toBe(4)
  expect(wrong.documents()).toMatchObject([
    {
      ok: false,
      workers: [
        { worker: 'large-orders', inputs: 400, missing: 0, unexpected: 1, deadLetters: 0 },
        { worker: 'process-payments', inputs: 800, expected: 400, actual: 400, missing: 0, unexpected: 0 },
      ],
    },
  ])
  expect(wrong.stderr).toContain('large-orders: 0 missing, 1 unexpected')
  expect(wrong.stderr).not.toContain('process-payments: 0 missing')
}, 120_000)
