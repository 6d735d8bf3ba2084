import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { failPoints } from '../../src/runtime/failpoint.ts'
import { brokers } from '../support/broker.ts'
import { isolated, runUntilCaughtUp, type Isolated } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'

const script = fileURLToPath(new URL('../support/worker-process.mjs', import.meta.url))

interface WorkerProcess {
  readonly kill: (signal: NodeJS.Signals) => void
  /** Resolves with the signal or code that ended it. */
  readonly ended: Promise<NodeJS.Signals | number | null>
  /** Resolves when a line of its output says so. */
  readonly says: (text: string) => Promise<void>
}

function workerProcess(
  of: Isolated,
  { failPoint, ...more }: { failPoint?: string } & Record<string, unknown> = {},
): WorkerProcess {
  const child = spawn(process.execPath, [script, JSON.stringify({ brokers: brokers(), ...of.process, ...more })], {
    env: { ...process.env, PAYFLOW_FAILPOINT: failPoint ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as NodeJS.Signals | number | null)
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    kill: (signal) => child.kill(signal),
    ended,
    says: async (text) => {
      while (!said.includes(text)) await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(`ended without saying ${text}: ${said}`)))]) // prettier-ignore
    },
  }
}

describe('a process that dies with kill -9', () => {
  test.each(failPoints)('%s: its successor goes on exactly where the last commit was', async (point) => {
    const own = await isolated(findWorker('aggregated-revenue')!)
    await writeAll(brokers(), own.topicOf('orders'), orderMessages(0, 300))
    await runUntilCaughtUp([own.worker])
    await writeAll(brokers(), own.topicOf('orders'), orderMessages(300, 600))
    expect(await workerProcess(own, { failPoint: `${point}:kill` }).ended).toBe('SIGKILL')
    expect(await workerProcess(own, { untilCaughtUp: true }).ended).toBe(0)
    await expectExactRevenue(brokers(), own.output, 600)
  })
})

test('a frozen process that wakes up after another took its partitions over changes nothing, and ends by itself when told', async () => {
  const own = await isolated(findWorker('aggregated-revenue')!)
  const zombie = workerProcess(own, { transactionTimeoutMs: 2_000 })
  await zombie.says('seeking → running')
  await writeAll(brokers(), own.topicOf('orders'), orderMessages(0, 500))
  zombie.kill('SIGSTOP')
  await writeAll(brokers(), own.topicOf('orders'), orderMessages(500, 1_000))
  expect(await workerProcess(own, { untilCaughtUp: true }).ended).toBe(0)
  zombie.kill('SIGCONT')
  await writeAll(brokers(), own.topicOf('orders'), orderMessages(1_000, 1_200))
  await runUntilCaughtUp([own.worker])
  zombie.kill('SIGTERM')
  expect(await zombie.ended).toBe(0)
  await expectExactRevenue(brokers(), own.output, 1_200)
})

test('ten processes killed one after the other while orders come in: every intermediate sum is right', async () => {
  const own = await isolated(findWorker('aggregated-revenue')!)
  for (let round = 0; round < 10; round++) {
    const doomed = workerProcess(own)
    await doomed.says('seeking → running')
    await writeAll(brokers(), own.topicOf('orders'), orderMessages(round * 400, (round + 1) * 400))
    doomed.kill('SIGKILL')
    await doomed.ended
  }
  expect(await workerProcess(own, { untilCaughtUp: true }).ended).toBe(0)
  await expectExactRevenue(brokers(), own.output, 4_000)
})
