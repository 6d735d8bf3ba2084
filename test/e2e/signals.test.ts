import { describe, expect, test, vi } from 'vitest'
import { launch, ownHome, processesOf } from '../support/cli.ts'
import { ownBroker } from '../support/broker.ts'
import { readAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Moments of a run, by what it says when they come. */
const moments = ['ZooKeeper answers', 'waiting for their partitions', 'Producers: orders']

describe.each(moments)('Ctrl-C at "%s" of all', (moment) => {
  test('once: it ends gracefully with 0, and nothing stays behind', async () => {
    const { home, start } = await ownHome()
    const run = start('all')
    await run.says(moment)
    run.child.kill('SIGINT')
    const { code, stderr } = await run.ended
    expect(code, stderr).toBe(0)
    expect(stderr).not.toMatch(/Error|at .*\.js:/)
    await eventually(() => expect(processesOf(home)).toEqual([]))
  })

  test('twice: it ends at once with 130, and nothing stays behind', async () => {
    const { home, start } = await ownHome()
    const run = start('all')
    await run.says(moment)
    run.child.kill('SIGINT')
    await run.says('once more ends it at once')
    run.child.kill('SIGINT')
    expect(await run.ended).toMatchObject({ code: 130 })
    await eventually(() => expect(processesOf(home)).toEqual([]))
  })
})

test('kill -9 of all takes its worker processes with it', async () => {
  const { home, payflow, start } = await ownHome()
  expect((await payflow('infra', 'up')).code).toBe(0)
  const run = start('all')
  await run.says('Producers: orders')
  expect(processesOf(home).filter((line) => line.includes(' worker '))).toHaveLength(6)
  run.child.kill('SIGKILL')
  await eventually(() => expect(processesOf(home).filter((line) => line.includes('payflow.js'))).toEqual([]))
})

test('SIGTERM ends producers and workers with 0: what was generated is written, what is processed is committed', async () => {
  const { brokers, env } = await ownBroker()
  expect(await launch(env, 'topics', 'create').ended).toMatchObject({ code: 0 })
  const worker = launch(env, 'worker', 'aggregated-revenue', '--json')
  await worker.says('partitions 0, 1, 2')
  const producer = launch(env, 'produce', 'orders', '--rate', '500', '--json')
  await eventually(async () => expect((await readAll(brokers, 'orders')).length).toBeGreaterThan(200))
  producer.child.kill('SIGTERM')
  const produced = await producer.ended
  expect(produced.code, produced.stderr).toBe(0)
  const { records } = JSON.parse(produced.stdout) as { records: number }
  expect(await readAll(brokers, 'orders')).toHaveLength(records)
  await eventually(async () => expect(await readAll(brokers, 'aggregated_revenue')).toHaveLength(records))
  worker.child.kill('SIGTERM')
  const ended = await worker.ended
  expect(ended.code, ended.stderr).toBe(0)
  expect(JSON.parse(ended.stdout)).toMatchObject({ worker: 'aggregated-revenue', processed: records, emitted: records })
})
