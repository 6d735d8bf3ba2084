import { expect, test } from 'vitest'
import { partitionOf } from '../../src/kafka/partitioner.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { brokers } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { auditOf, expectRightSums, itemsWorker, saleMessages } from '../support/sales.ts'

const right = { missing: 0, unexpected: 0, disordered: 0, limited: 0, differences: [] }

test('a count by something else than the key of the records is right, and each record takes the way through the inbox at most once', async () => {
  const { worker, topicOf, output } = await isolated(itemsWorker, { partitions: 5 })
  await writeAll(brokers(), topicOf('sales'), saleMessages(0, 2_000))
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary).toMatchObject({ emitted: 2_000, deadLetters: 0 })
  await expectRightSums(brokers(), output, 2_000)
  const inbox = await readAll(brokers(), `payflow-${worker.name}-inbox`)
  expect(inbox.length).toBeGreaterThan(1_000)
  expect(new Set(inbox.map(({ headers }) => `${headers['payflow.partition']!} ${headers['payflow.offset']!}`)).size).toBe(inbox.length) // prettier-ignore
  for (const { partition, key, value } of inbox) {
    expect(key).toBe((JSON.parse(value!) as { currency: string }).currency)
    expect(partition).toBe(partitionOf(key!, 5))
  }
  expect(await auditOf(worker)).toMatchObject({ ...right, inputs: 2_000, expected: 10, actual: 10 })
})

test('the audit of totals finds one that is wrong, one too many and one that is missing', async () => {
  const { worker, topicOf, output } = await isolated(itemsWorker)
  await writeAll(brokers(), topicOf('sales'), saleMessages(0, 100))
  await runUntilCaughtUp([worker])
  const audited = async (i: number, ...more: readonly { key: string; value: string }[]) => {
    const other = { ...worker.output, name: `${output}-${i}` }
    await createTopics(client(), [{ topic: other.name, partitions: 3, replicationFactor: 1 }])
    const kept = (await readAll(brokers(), output)).filter(({ key }) => i !== 3 || key !== 'EUR')
    await writeAll(brokers(), other.name, [...kept.map(({ key, value }) => ({ key, value })), ...more])
    return auditOf({ ...worker, output: other })
  }
  expect(await audited(0)).toMatchObject(right)
  const changed = await audited(1, { key: 'EUR', value: '{"currency":"EUR","items":999,"sales":11}' })
  expect(changed).toMatchObject({ missing: 1, unexpected: 1, differences: [{ note: 'the last event of key EUR' }] })
  expect(await audited(2, { key: 'XXX', value: '{"currency":"XXX","items":1,"sales":1}' })).toMatchObject({ missing: 0, unexpected: 1 }) // prettier-ignore
  expect(await audited(3)).toMatchObject({ missing: 1, unexpected: 0 })
})

test('records that lie right by partitionBy are not handed on, whatever the key of their state', async () => {
  const place = ({ id }: { readonly id: string }): string => id
  const perItem: AnyWorker = {
    ...itemsWorker,
    state: {
      ...itemsWorker.state!,
      key: { sales: ({ id, items }: { id: string; items: number }) => `${id}/${items}` },
    },
    partitionBy: { sales: place },
  }
  const { worker, topicOf } = await isolated(perItem)
  await writeAll(brokers(), topicOf('sales'), saleMessages(0, 300))
  expect((await runUntilCaughtUp([worker]))[0]).toMatchObject({ emitted: 300 })
  expect(await readAll(brokers(), `payflow-${worker.name}-inbox`)).toEqual([])
})

test('a partitionBy that would keep one state in several partitions ends the worker, and nothing of that record is committed', async () => {
  const { worker, topicOf, output } = await isolated({ ...itemsWorker, partitionBy: { sales: ({ id }: { id: string }) => id } }) // prettier-ignore
  await writeAll(brokers(), topicOf('sales'), saleMessages(0, 300))
  await expect(runUntilCaughtUp([worker])).rejects.toThrow(
    /^on\.sales of worker .* failed at .*: partitionBy\.sales returned "sale-\d+" for the state of ".*", which lies by "sale-\d+": the state of one key must lie in one partition$/,
  )
  expect(await readAll(brokers(), output)).toEqual([])
})

test('state that was kept by another rule is refused, not counted on', async () => {
  const { worker, topicOf } = await isolated(itemsWorker)
  const before = { ...worker, partitionBy: { sales: () => 'one place for all' } }
  const [sale] = saleMessages(0, 1)
  await writeAll(brokers(), topicOf('sales'), [sale!])
  await runUntilCaughtUp([before])
  const home = partitionOf('EUR', 3)
  expect(home).not.toBe(partitionOf('one place for all', 3))
  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
    code: 'STATE_MISPLACED',
    hint: expect.stringContaining('payflow worker reset') as string,
  })
})

test('a dead letter that is replayed counts where its state lies, although nobody knows that when it is replayed', async () => {
  const { worker, topicOf, output } = await isolated(itemsWorker)
  const refusing = { ...worker, on: { sales: () => ({ reject: 'not today' }) } }
  await writeAll(brokers(), topicOf('sales'), saleMessages(0, 60))
  await runUntilCaughtUp([refusing])
  const { exitCode } = await command(['dead-letters', 'replay', '--worker', worker.name, '--yes'], { brokers: brokers() }) // prettier-ignore
  expect(exitCode).toBe(0)
  await runUntilCaughtUp([worker])
  await expectRightSums(brokers(), output, 60)
})
