import { expect, test } from 'vitest'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers } from '../support/broker.ts'
import { eventsOf, isolated, start } from '../support/isolated.ts'
import { memberOf } from '../support/member.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

test('nothing is left to read only when nothing is left in the partitions of other members either', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  const idler = await memberOf(worker, 3)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 300))
  let looks = 0
  const run = start([worker], {
    untilCaughtUp: true,
    onRequest: (_, { api }) => void (looks += Number(api === 'Metadata')),
  })
  await eventually(() => expect(idler.latest().partitions).not.toHaveLength(3))
  const held = idler.latest().partitions
  await eventually(() => expect(eventsOf(run.events, 'committed').length).toBeGreaterThan(0))
  const seen = looks
  await eventually(() => expect(looks).toBeGreaterThan(seen + 5))
  await idler.leave()
  const [summary] = await run.done
  expect(held.length).toBeGreaterThan(0)
  expect(summary).toMatchObject({ processed: 300 })
  await expectExactRevenue(brokers(), output, 300)
})

test('what another member has read is no reason to wait for it', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 300))
  const other = start([worker])
  await eventually(() => expect(eventsOf(other.events, 'assigned').length).toBeGreaterThan(0))
  await start([worker], { untilCaughtUp: true }).done
  await expectExactRevenue(brokers(), output, 300)
  other.stop()
  await other.done
})
