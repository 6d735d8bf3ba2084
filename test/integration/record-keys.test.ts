import { expect, test } from 'vitest'
import { viewState } from '../../src/app/workers/state-view.ts'
import { partitionOf } from '../../src/kafka/partitioner.ts'
import { brokers } from '../support/broker.ts'
import { greeting, perVisitor } from '../support/clicks.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { auditOf } from '../support/sales.ts'

const PARTITIONS = 4
const right = { missing: 0, unexpected: 0, disordered: 0, limited: 0, differences: [] }
const visitor = (i: number): string => `visitor-${(i * 7) % 40}`

test('a count by the key of the record is right wherever the record lies; one without a key is a dead letter', async () => {
  const { worker, topicOf, output } = await isolated(perVisitor, { partitions: PARTITIONS })
  const click = (i: number) => ({ key: i % 50 === 49 ? null : visitor(i), value: '{"page":"/"}', partition: i % PARTITIONS }) // prettier-ignore
  const all = Array.from({ length: 1_000 }, (_, i) => click(i))
  await writeAll(brokers(), topicOf('clicks'), all.slice(0, 600))
  await runUntilCaughtUp([worker])
  await writeAll(brokers(), topicOf('clicks'), all.slice(600))
  expect((await runUntilCaughtUp([worker]))[0]).toMatchObject({ deadLetters: 8 })
  const found = await readAll(brokers(), output)
  const expected = new Map<string, number>()
  for (const { key } of all) if (key !== null) expected.set(key, (expected.get(key) ?? 0) + 1)
  for (const [key, count] of expected) {
    const ofIt = found.filter((record) => record.key === key)
    expect(ofIt.map(({ value }) => (JSON.parse(value!) as { clicks: number }).clicks)).toEqual(Array.from({ length: count }, (_, i) => i + 1)) // prettier-ignore
    expect(new Set(ofIt.map(({ partition }) => partition))).toEqual(new Set([partitionOf(key, PARTITIONS)]))
  }
  expect(found).toHaveLength(980)
  const letters = (await readAll(brokers(), 'dead_letters')).filter(({ headers }) => headers['payflow.worker'] === worker.name) // prettier-ignore
  expect(letters.map(({ headers }) => headers['payflow.reason'])).toEqual(Array.from({ length: 20 }, () => 'the record has no key, and its state lies by it')) // prettier-ignore
  expect(await auditOf(worker)).toMatchObject({ ...right, inputs: 1_000, deadLetters: 20, expected: 40, actual: 40 })
})

test('a null value deletes the row of a table, wherever the record lies and whoever processes it, and the audit knows', async () => {
  const { worker, topicOf, output } = await isolated(greeting, { partitions: PARTITIONS })
  const row = (i: number, name: string) => ({ key: `v${i}`, value: JSON.stringify({ visitor: `v${i}`, name }), partition: i % PARTITIONS }) // prettier-ignore
  const deleted = (i: number) => ({ key: `v${i}`, value: null, partition: (i + 1) % PARTITIONS })
  const rows = Array.from({ length: 40 }, (_, i) => row(i, `name ${i}`))
  await writeAll(brokers(), topicOf('names'), [...rows, { key: 'other', value: rows[0]!.value }, { key: null, value: null }]) // prettier-ignore
  expect((await runUntilCaughtUp([worker]))[0]).toMatchObject({ deadLetters: 2 })
  const gone = Array.from({ length: 20 }, (_, i) => i * 2)
  await writeAll(brokers(), topicOf('names'), gone.map(deleted))
  // what has gone stays away for an instance that knows only the changelog
  expect((await runUntilCaughtUp([worker]))[0]).toMatchObject({ deadLetters: 0 })
  await writeAll(brokers(), topicOf('visits'), rows.map(({ key }, i) => ({ key, value: JSON.stringify({ visitor: key }), partition: i % PARTITIONS }))) // prettier-ignore
  await runUntilCaughtUp([worker])
  const found = (await readAll(brokers(), output)).map(({ value }) => JSON.parse(value!) as { visitor: string; name: string | null }) // prettier-ignore
  expect(new Map(found.map(({ visitor: of, name }) => [of, name]))).toEqual(new Map(rows.map(({ key }, i) => [key, i % 2 === 0 ? null : `name ${i}`]))) // prettier-ignore
  expect(found).toHaveLength(40)
  const view = await viewState(client(), { name: worker.name }, { key: 'v1', directory: '', signal: new AbortController().signal }) // prettier-ignore
  expect(view).toMatchObject({ keys: 20, found: [{ key: 'v1', value: { visitor: 'v1', name: 'name 1' } }] })
  expect(await auditOf(worker)).toMatchObject({ missing: 0, unexpected: 0, deadLetters: 2, differences: [] })
})
