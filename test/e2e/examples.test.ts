import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ownBroker } from '../support/broker.ts'
import { documents } from '../support/cli.ts'
import { payflowIn, runIn } from '../support/own-worker.ts'
import { readAll } from '../support/records.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = join(root, 'examples')

test('the tests of the examples pass with the built package, as a user runs them', async () => {
  const files = readdirSync(examples).filter((name) => name.endsWith('.test.js'))
  expect(files).toHaveLength(3)
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
  const { code, stdout } = await runIn(examples, env, '--test', ...files.map((name) => join(examples, name)))
  expect(stdout).toMatch(/^# fail 0$/m)
  expect(code).toBe(0)
})

test('the commands of examples/README.md do what they say', async () => {
  const { brokers, env } = await ownBroker()
  const commands = readFileSync(join(examples, 'README.md'), 'utf8').matchAll(/^payflow ((?:topics|produce|worker) .*?) *(?:#.*)?$/gm) // prettier-ignore
  const summaries: unknown[] = []
  for (const [, words = ''] of commands) {
    const ended = await payflowIn(root, env, ...words.split(' '), '--json')
    expect(ended).toMatchObject({ code: 0 })
    if (words.startsWith('worker')) summaries.push(...documents(ended.stdout))
  }
  expect(summaries.map((summary) => (summary as Record<string, unknown>)['deadLetters'])).toEqual([0, 0, 0])
  const values = async (topic: string) =>
    (await readAll(brokers, topic)).map(({ value }) => JSON.parse(value!) as unknown)
  expect(await values('fraud_scores')).toEqual([expect.objectContaining({ customer_email: 'zoe@example.net', orders: 3, largest: 1999.99, score: 100 })]) // prettier-ignore
  expect(await values('items_per_currency')).toContainEqual(expect.objectContaining({ currency: 'USD', orders: 2, revenue: 3800.24 })) // prettier-ignore
  const vat = (await values('orders_with_vat')) as { country: string; net: number; vat: number | null }[]
  expect(vat.filter(({ net }) => net > 1)).toHaveLength(7)
  expect(vat).toContainEqual(expect.objectContaining({ country: 'Malta', is_eu: true, net: 120.5, vat: 21.69 }))
  expect(vat).toContainEqual(expect.objectContaining({ country: 'Atlantis', is_eu: null, vat: null }))
})
