import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { brokers } from '../support/broker.ts'
import { launch, processesOf } from '../support/cli.ts'
import { temporaryHome } from '../support/home.ts'
import { client } from '../support/isolated.ts'
import { directoryWith, payflowIn, runIn } from '../support/own-worker.ts'
import { readAll, writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

test('what `payflow init` writes passes its test, is found right by `worker check`, and is not overwritten', async () => {
  const directory = await directoryWith({})
  const { NODE_OPTIONS: _, ...env } = process.env
  const written = await payflowIn(directory, env, 'init', 'big-spenders', '--json')
  expect(written).toMatchObject({ code: 0, stderr: '' })
  expect((JSON.parse(written.stdout) as { files: string[] }).files).toHaveLength(4)
  const inside = join(directory, 'big-spenders')
  await mkdir(join(inside, 'node_modules'))
  await symlink(fileURLToPath(new URL('../..', import.meta.url)), join(inside, 'node_modules', 'payflow'))
  const tested = await runIn(inside, env, '--test')
  expect(tested.stdout).toMatch(/pass 2\n/)
  expect(tested.code).toBe(0)
  const checked = await payflowIn(inside, env, 'worker', 'check', './big-spenders.js', '--json')
  expect(checked).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, workers: [{ worker: 'big-spenders', tried: 16, faults: [], notes: [] }] }) // prettier-ignore
  const again = await payflowIn(directory, env, 'init', 'big-spenders')
  expect(again.code).toBe(2)
  expect(again.stderr).toContain('are there already')
})

test('worker check names file and step of what would give wrong figures, and ends with 2', async () => {
  const directory = await directoryWith({
    'mine.mjs': `import { defineTopic, defineWorker, orders, uuid } from 'payflow'
import { randomUUID } from 'node:crypto'
const output = defineTopic('mine', { id: uuid() }, { key: ({ id }) => id })
export default defineWorker({ name: 'mine', summary: 'x', inputs: { orders }, output, on: { orders: () => ({ emit: [{ id: randomUUID() }] }) } })`, // prettier-ignore
  })
  const { code, stderr } = await payflowIn(directory, process.env, 'worker', 'check', './mine.mjs')
  expect(code).toBe(2)
  expect(stderr).toBe(`Error: ${join(directory, 'mine.mjs')}: on.orders gave another result for the same event and state: it uses the clock or random numbers, or keeps something outside its state\n→ correct it and check again\n`) // prettier-ignore
})

test('worker --watch starts again when a file changes, waits while one has a mistake, loses nothing, and leaves nothing running', async () => {
  const input = `watched_${randomUUID().slice(0, 8)}`
  await createTopics(client(), [{ topic: input, partitions: 2, replicationFactor: 1 }])
  const worker = `import { defineTopic, defineWorker, integer } from 'payflow'
import { factor } from './factor.mjs'
const input = defineTopic('${input}', { user_id: integer(1) })
const output = defineTopic('${input}_times', { user_id: integer(1), times: integer(1) })
export default defineWorker({ name: '${input.replace('_', '-')}', summary: 'x', inputs: { input }, output, on: { input: ({ user_id }) => ({ emit: [{ user_id, times: user_id * factor }] }) } })` // prettier-ignore
  const directory = await directoryWith({ 'w.mjs': worker, 'factor.mjs': 'export const factor = 1' })
  const { env, home } = await temporaryHome()
  const write = (from: number, to: number) =>
    writeAll(brokers(), input, Array.from({ length: to - from }, (_, i) => ({ key: String(from + i), value: `{"user_id":${from + i}}` }))) // prettier-ignore
  const written = async (): Promise<[number, number][]> =>
    (await readAll(brokers(), `${input}_times`))
      .map(({ value }) => JSON.parse(value ?? '') as { user_id: number; times: number })
      .map(({ user_id, times }): [number, number] => [user_id, times])
      .sort(([a], [b]) => a - b)
  /** As editors do: beside it, and then in its place. */
  const save = async (name: string, text: string): Promise<void> => {
    await writeFile(join(directory, `.${name}.new`), text)
    await rename(join(directory, `.${name}.new`), join(directory, name))
  }
  const timed = (from: number, to: number, factor: number): [number, number][] => Array.from({ length: to - from }, (_, i) => [from + i, (from + i) * factor]) // prettier-ignore

  await write(1, 100)
  const start = () => launch({ ...env, PAYFLOW_ENGINE: 'external', PAYFLOW_BROKERS: brokers().join(',') }, 'worker', '--watch', join(directory, 'w.mjs')) // prettier-ignore
  const watch = start()
  await eventually(async () => expect(await written()).toEqual(timed(1, 100, 1)), { intervalMs: 300 })

  await save('factor.mjs', 'export const factor = ;')
  await watch.says("factor.mjs, line 1: Unexpected token ';'")
  await watch.says('the worker ended with 2: it starts again when a file changes')
  await write(100, 150)
  await save('factor.mjs', 'export const factor = 2')
  await eventually(async () => expect(await written()).toEqual([...timed(1, 100, 1), ...timed(100, 150, 2)]), { intervalMs: 300 }) // prettier-ignore

  watch.child.kill('SIGINT')
  const { code, stderr } = await watch.ended
  expect(code).toBe(0)
  expect(stderr.match(/changed: starting again/g)).toHaveLength(2)
  expect(stderr.slice(stderr.lastIndexOf('starting again')).match(/Stopping/g)).toHaveLength(1)
  expect(processesOf(home)).toEqual([])

  const killed = start()
  await killed.says('partitions 0, 1')
  killed.child.kill('SIGKILL')
  await eventually(() => expect(processesOf(home)).toEqual([]), { intervalMs: 200 })
})

test('--watch needs a file, and one that is there', async () => {
  const directory = await directoryWith({})
  const none = await payflowIn(directory, process.env, 'worker', 'large-orders', '--watch')
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('--watch is for files, and none is named') as string }) // prettier-ignore
  const missing = await payflowIn(directory, process.env, 'worker', '--watch', './none.js')
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no file ./none.js') as string })
})
