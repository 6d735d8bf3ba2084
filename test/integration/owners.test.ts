import { expect, test } from 'vitest'
import { PartitionError } from '../../src/kafka/errors.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers } from '../support/broker.ts'
import { isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { ownerOf } from '../support/task.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!
const OUT_OF_RANGE = 1

test('another owner goes on between a task’s restore and its question for offsets: nobody is accused of having moved the group', async () => {
  const { worker, topicOf, output } = await isolated(revenue, { partitions: 1 })
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 100))
  await runUntilCaughtUp([worker])
  await writeAll(brokers(), topicOf('orders'), orderMessages(100, 150))

  const first = ownerOf(worker, 0, {
    beforeAsking: async () => {
      expect(first.phases).toEqual(['fencing', 'restoring', 'seeking'])
      const second = ownerOf(worker, 0)
      await eventually(() => expect(second.task.counts.processed).toBe(50))
      second.task.stop()
      await second.done
    },
  })
  await eventually(() => expect(first.task.idle).toBe(true))
  expect(first.phases).toEqual(['fencing', 'restoring', 'seeking', 'aborting', 'fencing', 'restoring', 'seeking', 'running']) // prettier-ignore
  first.task.stop()
  await first.done
  expect(first.task.counts.processed).toBe(0)
  await expectExactRevenue(brokers(), output, 150)
})

test('a position that a broker refuses is looked for again before it is believed: another owner may have gone on', async () => {
  const { worker, topicOf, output } = await isolated(revenue, { partitions: 1 })
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 100))
  const owner = ownerOf(worker, 0)
  await eventually(() => expect(owner.task.counts.processed).toBe(100))
  owner.task.inputs[0]!.fail(new PartitionError('Fetch', topicOf('orders'), 0, OUT_OF_RANGE))
  await writeAll(brokers(), topicOf('orders'), orderMessages(100, 150))
  await eventually(() => expect(owner.task.counts.processed).toBe(150))
  expect(owner.phases).toContain('aborting')
  owner.task.stop()
  await owner.done
  await expectExactRevenue(brokers(), output, 150)
})
