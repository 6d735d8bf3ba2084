import { describe, expect, test } from 'vitest'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { failPoints } from '../../src/runtime/failpoint.ts'
import { brokers } from '../support/broker.ts'
import { isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { workerProcess } from '../support/worker-process.ts'

describe('a process that dies with kill -9', () => {
  test.each(failPoints)('%s: its successor goes on exactly where the last commit was', async (point) => {
    const own = await isolated(findWorker('aggregated-revenue')!)
    await writeAll(brokers(), own.topicOf('orders'), orderMessages(0, 300))
    await runUntilCaughtUp([own.worker])
    await writeAll(brokers(), own.topicOf('orders'), orderMessages(300, 600))
    // only a state on disk is stored
    const where = point.endsWith('-store') ? { state: { directory: temporaryDirectory(), memoryBytes: 0 } } : {}
    expect(await workerProcess(own, { failPoint: `${point}:kill`, ...where }).ended).toBe('SIGKILL')
    expect(await workerProcess(own, { untilCaughtUp: true, ...where }).ended).toBe(0)
    await expectExactRevenue(brokers(), own.output, 600)
  })
})

test('a frozen process that wakes up after another took its partitions over changes nothing, and ends by itself when told', async () => {
  const own = await isolated(findWorker('aggregated-revenue')!)
  const zombie = workerProcess(own, { transactionTimeoutMs: 2_000 })
  await zombie.says('"from":"restoring","to":"running"')
  await writeAll(brokers(), own.topicOf('orders'), orderMessages(0, 500))
  zombie.kill('SIGSTOP')
  await writeAll(brokers(), own.topicOf('orders'), orderMessages(500, 1_000))
  expect(await workerProcess(own, { untilCaughtUp: true }).ended).toBe(0)
  zombie.kill('SIGCONT')
  await writeAll(brokers(), own.topicOf('orders'), orderMessages(1_000, 1_200))
  await runUntilCaughtUp([own.worker])
  zombie.kill('SIGTERM')
  expect(await zombie.ended).toBe(0)
  // what it had been given since, and had not come to
  await runUntilCaughtUp([own.worker])
  await expectExactRevenue(brokers(), own.output, 1_200)
})

test('ten processes killed one after the other while orders come in: every intermediate sum is right', async () => {
  const own = await isolated(findWorker('aggregated-revenue')!)
  for (let round = 0; round < 10; round++) {
    const doomed = workerProcess(own)
    await doomed.says('"from":"restoring","to":"running"')
    await writeAll(brokers(), own.topicOf('orders'), orderMessages(round * 400, (round + 1) * 400))
    doomed.kill('SIGKILL')
    await doomed.ended
  }
  expect(await workerProcess(own, { untilCaughtUp: true }).ended).toBe(0)
  await expectExactRevenue(brokers(), own.output, 4_000)
})
