import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { brokers } from '../support/broker.ts'
import { client } from '../support/isolated.ts'
import { directoryWith, payflowIn } from '../support/own-worker.ts'
import { readAll, writeAll } from '../support/records.ts'
import { temporaryHome } from '../support/home.ts'

/** A file with a good definition, and these words of JavaScript to spoil it with: `with` overrides its fields. */
const fileWith = (changes: string, input = 'own_input'): string => `
import { defineTopic, defineWorker, integer, largeOrders, z } from 'payflow'
const input = defineTopic('${input}', { user_id: integer(1) })
const output = defineTopic('${input}_counted', { user_id: integer(1), count: integer(1) })
const good = { name: 'own-${input.replaceAll('_', '-')}', summary: 'Counts', inputs: { input }, output, on: { input: ({ user_id }) => ({ emit: [{ user_id, count: 1 }] }) } }
export default defineWorker({ ...good, ${changes} })
`

const wrong: [string, string, RegExp][] = [
  ['has no name', fileWith('name: undefined'), /^Error: \.\/mine\.mjs: A worker needs a name/],
  ['has a name that no topic may have', fileWith("name: 'My Worker'"), /"My Worker" cannot name a worker/],
  ['has the name of another', fileWith("name: 'large-orders'"), /name "large-orders" is the name of a built-in worker/], // prettier-ignore
  ['has an unknown input', fileWith("inputs: { input: 'ordres' }"), /Input input of worker own-own-input is not a topic: "ordres"/], // prettier-ignore
  ['writes what another worker writes', fileWith('output: largeOrders'), /output large_orders is what payflow's own worker large-orders writes/], // prettier-ignore
  ['has a field that means nothing', fileWith('onTimer() {}'), /A worker has no field onTimer/],
  ['has an option that payflow has', fileWith("options: { o: { flag: '--json <x>', description: 'd', default: '1', parse: Number } }"), /Option o of worker own-own-input cannot be --json/], // prettier-ignore
  ['waits for something', fileWith('on: { input: async () => {} }'), /on\.input is async: a step is a plain function/],
  ['has an initial state that its schema does not take', fileWith("state: { schema: z.int(), initial: 'none', key: { input: String } }"), /state\.initial is not what its schema takes/], // prettier-ignore
  ['has an output without a key', fileWith("output: defineTopic('keyless', { count: integer(1) })"), /The output keyless of worker own-own-input has no key/], // prettier-ignore
  ['exports nothing as default', 'export const x = 1', /\.\/mine\.mjs: it has no default export/],
  ['is not a definition', 'export default 1', /A worker is what defineWorker\(…\) gives, not 1/],
  ['is not JavaScript', 'const a = 1\nconst b = ;', /\.\/mine\.mjs, line 2 cannot be loaded: Unexpected token/],
  ['imports what payflow has not', "import { ordres } from 'payflow'", /, line 1 cannot be loaded: payflow exports no ordres\n.*did you mean orders\?/], // prettier-ignore
  ['imports what is not there', "import 'not-there'", /Cannot find package 'not-there'/],
  ['throws when it is loaded', '\n\nnull.x', /\.\/mine\.mjs, line 3 cannot be loaded: Cannot read properties of null/],
]

test.each(wrong)('a file that %s ends with 2 and says so', async (_, text, message) => {
  const directory = await directoryWith({ 'mine.mjs': text })
  const { code, stdout, stderr } = await payflowIn(directory, process.env, 'worker', './mine.mjs')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr.trim().split('\n')).toHaveLength(2)
})

test('a file that is not there, and two files of one name, end with 2', async () => {
  const directory = await directoryWith({ 'one.mjs': fileWith(''), 'two.mjs': fileWith('') })
  const missing = await payflowIn(directory, process.env, 'worker', './none.mjs')
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no file ./none.mjs') as string })
  const { code, stderr } = await payflowIn(directory, process.env, 'worker', './one.mjs', './two.mjs')
  expect(code).toBe(2)
  expect(stderr).toMatch(/\.\/two\.mjs: name "own-own-input" is that of .*one\.mjs too/)
})

const steps: [string, string, RegExp][] = [
  ['throws', 'on: { input: (event) => event.nothing.there }', /reading 'there'/],
  ['returns an unknown field', 'on: { input: () => ({ emitt: [] }) }', /on\.input returned an unknown field emitt/],
  ['emits an unknown field', 'on: { input: ({ user_id }) => ({ emit: [{ user_id, n: 1, count: 1 }] }) }', /n is not a field of/], // prettier-ignore
  ['leaves a field out', 'on: { input: ({ user_id }) => ({ emit: [{ user_id }] }) }', /count is missing/],
  ['waits for something', 'on: { input: () => Promise.resolve() }', /on\.input returned a promise/],
  [
    'changes its event',
    'on: { input: (event) => { event.user_id = 1 } }',
    /read only property 'user_id'.*\n.*what a step is given is frozen: return new objects/,
  ],
  [
    'emits text for a number',
    "on: { input: ({ user_id }) => ({ emit: [{ user_id, count: '1' }] }) }",
    /count cannot be "1"/,
  ],
  ['has a key that is not text', 'state: { schema: z.number(), initial: 0, key: { input: (e) => e.user_id } }', /state\.key\.input returned 7: it must be text/], // prettier-ignore
]

test.each(steps)(
  'a step that %s ends with 1, names file, step and record, and commits nothing',
  async (_, changes, message) => {
    const input = `own_${randomUUID().slice(0, 8)}`
    await createTopics(client(), [{ topic: input, partitions: 1, replicationFactor: 1 }])
    await writeAll(brokers(), input, [{ key: '7', value: '{"user_id":7}' }])
    const directory = await directoryWith({ 'mine.mjs': fileWith(changes, input) })
    const { env } = await temporaryHome()
    const { code, stderr } = await payflowIn(directory, { ...env, PAYFLOW_ENGINE: 'external', PAYFLOW_BROKERS: brokers().join(',') }, 'worker', './mine.mjs', '--quiet') // prettier-ignore
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(new RegExp(`^Error: ${directory}/mine\\.mjs: on\\.input of worker own-\\S+ failed at ${input}/0, offset 0: `)) // prettier-ignore
    expect(code).toBe(1)
    expect(await readAll(brokers(), `${input}_counted`)).toEqual([])
  },
)
