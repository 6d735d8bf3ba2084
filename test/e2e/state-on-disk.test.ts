import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { copyOf } from '../soak/mutate.mjs'
import { brokers } from '../support/broker.ts'
import { isolated } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { workerProcess } from '../support/worker-process.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A state on disk, and an error in the middle of a transaction. */
async function interrupted(dist: string): Promise<() => Promise<void>> {
  const own = await isolated(findWorker('aggregated-revenue')!, { partitions: 1 })
  const state = { directory: temporaryDirectory(), memoryBytes: 0 }
  const options = { dist: pathToFileURL(dist).href, state, untilCaughtUp: true }
  await writeAll(brokers(), own.topicOf('orders'), orderMessages(0, 300))
  expect(await workerProcess(own, options).ended).toBe(0)
  await writeAll(brokers(), own.topicOf('orders'), orderMessages(300, 600))
  expect(await workerProcess(own, { ...options, failPoint: 'after-outputs:error' }).ended).toBe(0)
  return () => expectExactRevenue(brokers(), own.output, 600)
}

test('figures are right whose transaction was aborted, and would be wrong if the store had been written before it', async () => {
  await (
    await interrupted(join(root, 'dist'))
  )()
  const mutated = copyOf(root, temporaryDirectory(), 'store-before-commit')
  const isExact = await interrupted(join(mutated, 'dist'))
  await expect(isExact()).rejects.toThrow()
})
