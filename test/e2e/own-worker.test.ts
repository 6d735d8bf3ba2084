import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { workerEntries } from '../../src/app/workers/process-registry.ts'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { ownBroker } from '../support/broker.ts'
import { documents, launch } from '../support/cli.ts'
import { directoryWith, filesInGuide, payflowIn, runIn } from '../support/own-worker.ts'
import { readAll, writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'
import { partitionOf } from '../../src/kafka/partitioner.ts'

const FILE = './average-order-value.js'
const source = orderSource({ seed: 7, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 })

/** What the worker of docs/workers.md must have written, computed independently: `<user> <average in cents> <orders>` for each of the first orders. */
function averages(count: number): string[] {
  const sums = new Map<number, { cents: number; orders: number }>()
  return Array.from({ length: count }, (_, i) => {
    const { user_id, price, quantity } = source.event(i)
    const { cents, orders } = sums.get(user_id) ?? { cents: 0, orders: 0 }
    const sum = { cents: cents + price * quantity, orders: orders + 1 }
    sums.set(user_id, sum)
    return `${user_id} ${Math.round(sum.cents / sum.orders)} ${sum.orders}`
  }).sort()
}

async function written(brokers: readonly string[]): Promise<string[]> {
  const records = await readAll(brokers, 'average_order_value')
  return records
    .map(({ key, value, partition }) => {
      const { user_id, average, orders } = JSON.parse(value ?? '') as Record<string, number>
      expect(key).toBe(String(user_id))
      expect(partition).toBe(partitionOf(key!, 3))
      return `${user_id!} ${Math.round(average! * 100)} ${orders!}`
    })
    .sort()
}

async function example() {
  const { brokers, env, home } = await ownBroker()
  const directory = await directoryWith(await filesInGuide('js'))
  const payflow = (...argv: string[]) => payflowIn(directory, env, ...argv)
  expect(await payflow('topics', 'create', '--quiet')).toMatchObject({ code: 0 })
  const write = (from: number, to: number) =>
    writeAll(brokers, 'orders', Array.from({ length: to - from }, (_, i) => ({ key: source.key(from + i), value: source.json(from + i) }))) // prettier-ignore
  return { brokers, env, home, directory, payflow, write }
}

test('the worker of docs/workers.md runs as it is written there, goes on after a restart, and starts from the beginning after a reset', async () => {
  const { brokers, payflow, write } = await example()
  await write(0, 500)
  const first = await payflow('worker', FILE, '--until-caught-up', '--json')
  expect(documents(first.stdout)).toEqual([expect.objectContaining({ worker: 'average-order-value', processed: 500, emitted: 500, deadLetters: 0 })]) // prettier-ignore
  expect(await written(brokers)).toEqual(averages(500))

  await write(500, 800)
  await writeAll(brokers, 'orders', [{ key: '1', value: 'no order' }, { key: null, value: source.json(800) }]) // prettier-ignore
  const next = await payflow('worker', 'large-orders', FILE, '--until-caught-up', '--json')
  expect(documents(next.stdout)).toContainEqual(expect.objectContaining({ worker: 'average-order-value', emitted: 301, deadLetters: 1 })) // prettier-ignore
  expect(await written(brokers)).toEqual(averages(801))
  const letters = await payflow('dead-letters', 'list', '--worker', 'average-order-value', '--json')
  expect(documents(letters.stdout)).toHaveLength(1)
  const group = await payflow('groups', 'describe', 'payflow-average-order-value', '--json')
  expect(JSON.parse(group.stdout)).toMatchObject({ lag: 0 })

  expect(await payflow('worker', 'reset', FILE, '--yes', '--quiet')).toMatchObject({ code: 0 })
  await payflow('worker', FILE, '--until-caught-up', '--quiet')
  expect(await written(brokers)).toEqual(averages(801))
})

test('worker all starts a killed worker of one’s own again, with the same file', async () => {
  const { brokers, env, home, directory, write } = await example()
  const all = launch(env, 'worker', 'all', 'failed-payments', join(directory, FILE))
  const processOf = () => {
    const found = workerEntries(home).find(({ workers }) => workers[0]?.name === 'average-order-value')
    if (!found) throw new Error('it does not run')
    return found
  }
  const { pid, workers } = await eventually(processOf)
  expect(workers[0]?.arguments).toEqual([join(directory, FILE)])
  await write(0, 300)
  process.kill(pid, 'SIGKILL')
  await eventually(() => expect(processOf().pid).not.toBe(pid))
  await write(300, 400)
  await eventually(async () => expect(await written(brokers)).toEqual(averages(400)), { intervalMs: 500 })
  all.child.kill('SIGTERM')
  expect(await all.ended).toMatchObject({ code: 0 })
})

const RULE = `export default { ...worker, audit: expectedEvents(['orders'], () => {
  const sums = new Map()
  return ({ event: { user_id, price, quantity, timestamp } }) => {
    const { cents, orders } = sums.get(user_id) ?? { cents: 0, orders: 0 }
    sums.set(user_id, { cents: cents + price * quantity, orders: orders + 1 })
    return [{ user_id, average: Math.round((cents + price * quantity) / (orders + 1)), orders: orders + 1, timestamp }]
  }
}) }`

test('the audit knows the rule that a definition brings, and says that it knows none otherwise', async () => {
  const { brokers, directory, env, payflow, write } = await example()
  await write(0, 400)
  await payflow('worker', FILE, '--until-caught-up', '--quiet')
  const without = await payflow('audit', FILE)
  expect(without.code).toBe(2)
  expect(without.stderr).toContain('What average-order-value must write is not known')

  const audited = await directoryWith({ 'audited.mjs': `import { expectedEvents } from 'payflow'\nimport worker from '${join(directory, FILE)}'\n${RULE}\n` }) // prettier-ignore
  const audit = () => payflowIn(audited, env, 'audit', './audited.mjs', '--json')
  const right = await audit()
  expect(right.code).toBe(0)
  expect(JSON.parse(right.stdout)).toMatchObject({ ok: true, workers: [{ worker: 'average-order-value', expected: 400, actual: 400 }] }) // prettier-ignore
  await writeAll(brokers, 'average_order_value', [{ key: '1', value: '{"user_id":1,"average":1,"orders":1,"timestamp":"2026-01-01T00:00:00Z"}' }]) // prettier-ignore
  const wrong = await audit()
  expect(wrong.code).toBe(4)
  expect(JSON.parse(wrong.stdout)).toMatchObject({ ok: false, workers: [{ unexpected: 1 }] })
})

test('the test of docs/workers.md runs with node’s own test runner', async () => {
  const directory = await directoryWith(await filesInGuide('js'))
  await mkdir(join(directory, 'node_modules'))
  await symlink(fileURLToPath(new URL('../..', import.meta.url)), join(directory, 'node_modules', 'payflow'))
  const { NODE_OPTIONS: _, ...env } = process.env
  const { code, stdout } = await runIn(directory, env, '--test', 'average-order-value.test.js')
  expect(stdout).toMatch(/pass 1\n/)
  expect(code).toBe(0)
})
