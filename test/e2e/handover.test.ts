import { expect, test } from 'vitest'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers } from '../support/broker.ts'
import { isolated, type Isolated } from '../support/isolated.ts'
import { producing } from '../support/producing.ts'
import { readAll } from '../support/records.ts'
import { expectExactRevenue } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'
import { workerProcess, type WorkerProcess } from '../support/worker-process.ts'

/** Whoever waited for the session of a process that is gone waited longer than half of it, and a busy machine takes less. */
const SESSION_TIMEOUT_MS = 16_000
const WAITED_MS = SESSION_TIMEOUT_MS / 2

const COUNT = 10_000

/** Two processes share four partitions into which orders come steadily; `ending` is told when to end one of them. Returns ms. */
async function pauses(own: Isolated, end: (leaving: WorkerProcess) => void) {
  const options = { sessionTimeoutMs: SESSION_TIMEOUT_MS }
  const staying = workerProcess(own, options)
  await staying.says('"from":"restoring","to":"running"', 4)
  const leaving = workerProcess(own, options)
  await leaving.says('"from":"restoring","to":"running"', 2)
  const orders = producing(own.topicOf('orders'), { client: { brokers: brokers() }, rate: 400, count: COUNT })
  await eventually(() => expect(orders.acknowledged()).toBeGreaterThan(1_200))
  const endedAt = Date.now()
  end(leaving)
  await orders.done
  await eventually(() => expectExactRevenue(brokers(), own.output, COUNT))
  staying.kill('SIGTERM')
  expect(await staying.ended).toBe(0)
  const records = await readAll(brokers(), own.output)
  return [0, 1, 2, 3].map((partition) => longestPause(records.filter((r) => r.partition === partition), endedAt)).sort((a, b) => a - b) // prettier-ignore
}

/** Between one record written and the next that came after a moment. */
function longestPause(records: readonly { timestamp: number }[], atMs: number): number {
  const times = records.map(({ timestamp }) => timestamp)
  return Math.max(...times.slice(1).flatMap((timestamp, i) => (timestamp > atMs ? [timestamp - times[i]!] : [])))
}

test('SIGTERM hands the partitions over: nobody waits for the session of the process that ended', async () => {
  const own = await isolated(findWorker('aggregated-revenue')!, { partitions: 4 })
  const ms = await pauses(own, (leaving) => leaving.kill('SIGTERM'))
  expect(Math.max(...ms)).toBeLessThan(WAITED_MS)
})

test('after kill -9 the session times out and another goes on; whoever is not concerned does not wait', async () => {
  const own = await isolated(findWorker('aggregated-revenue')!, { partitions: 4 })
  const [least, second, third] = await pauses(own, (leaving) => leaving.kill('SIGKILL'))
  expect(least).toBeLessThan(WAITED_MS)
  expect(second).toBeLessThan(WAITED_MS)
  expect(third).toBeGreaterThan(WAITED_MS)
})
