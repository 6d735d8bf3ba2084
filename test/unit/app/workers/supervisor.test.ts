import { describe, expect, onTestFinished, test } from 'vitest'
import { Supervisor, workerCommand, type SupervisorEvent } from '../../../../src/app/workers/supervisor.ts'
import { childEnvironment } from '../../../../src/settings/child-environment.ts'
import { resolveSettings } from '../../../../src/settings/resolve.ts'
import { nodeScript, watched } from '../../../support/scripts.ts'
import { recordedLog } from '../../../support/recorded-log.ts'
import { eventually } from '../../../support/wait.ts'

/** What a worker process tells, as scripts: it has its partitions, it sums up. */
const PRELUDE = `
  const tell = (message) => process.send(message)
  const assigned = () => tell({ version: 1, type: 'event', event: { worker: process.env.WORKER, kind: 'assigned', partitions: [0, 1, 2], generation: 1 } })
  const summary = (processed) => tell({ version: 1, type: 'summary', summary: { worker: process.env.WORKER, processed, emitted: 1, deadLetters: 0, seconds: 0.5 } })
  const forever = () => setInterval(() => undefined, 1e6)
`
const { signal } = new AbortController()

/** Runs each of these scripts as a worker of that name. */
function supervise(scripts: Record<string, string>) {
  const events: SupervisorEvent[] = []
  const { log, entries } = recordedLog()
  const supervisor = new Supervisor((worker) => nodeScript(PRELUDE + scripts[worker]!, { WORKER: worker }), {
    onEvent: (event) => events.push(event),
    log,
  })
  onTestFinished(() => supervisor.kill())
  const start = (options?: { held: boolean }): void => {
    for (const worker of Object.keys(scripts)) supervisor.start(worker, options)
  }
  const stateOf = (worker: string) => supervisor.list().find((process) => process.worker === worker)!
  return { supervisor, events, entries, start, stateOf }
}

describe('waiting for workers', () => {
  test('ends when each of them has its partitions', async () => {
    const { supervisor, start, stateOf } = supervise({ a: 'assigned(); forever()', b: 'assigned(); forever()' })
    start()
    expect(stateOf('a').state).toBe('starting')
    await supervisor.ready(20_000, signal)
    expect(supervisor.list().map(({ worker, state, restarts }) => [worker, state, restarts])).toEqual([
      ['a', 'running', 0],
      ['b', 'running', 0],
    ])
  })

  test('fails at once when one can never run, with its own error and its name', async () => {
    const error = JSON.stringify({ error: { message: 'There is no topic orders', hint: 'create it' } })
    const { supervisor, start } = supervise({
      a: 'assigned(); forever()',
      b: `console.error(${JSON.stringify(error)}); process.exitCode = 2`,
    })
    start()
    await expect(supervisor.ready(20_000, signal)).rejects.toMatchObject({
      kind: 'usage',
      message: 'Worker b: There is no topic orders',
      hint: 'create it',
    })
  })

  test('fails when one does not start in time', async () => {
    const { supervisor, start } = supervise({ a: 'forever()' })
    start()
    await expect(supervisor.ready(100, signal)).rejects.toMatchObject({
      code: 'WORKER_NOT_STARTED',
      message: 'Worker a does not start: no answer',
      hint: 'see why with `payflow worker a --verbose`',
    })
  })

  test('fails when one has died three times, with its last words', { timeout: 20_000 }, async () => {
    const { supervisor, start, stateOf } = supervise({ a: `console.error('out of luck'); process.exitCode = 1` })
    start()
    await expect(supervisor.ready(60_000, signal)).rejects.toMatchObject({
      code: 'WORKER_NOT_STARTED',
      message: 'Worker a does not start: out of luck',
    })
    expect(stateOf('a').restarts).toBe(3)
  })

  test('can be given up', async () => {
    const { supervisor, start } = supervise({ a: 'forever()' })
    start()
    await expect(supervisor.ready(60_000, AbortSignal.timeout(50))).rejects.toThrow()
  })
})

test('a worker that is killed is restarting, then running again, and its death is told', async () => {
  const { supervisor, events, entries, start, stateOf } = supervise({ a: 'assigned(); forever()' })
  start()
  await supervisor.ready(20_000, signal)
  const first = watched(stateOf('a').pid)
  process.kill(first.pid, 'SIGKILL')
  await eventually(() => expect(stateOf('a').state).toBe('restarting'))
  expect(events.at(-1)).toEqual({ worker: 'a', kind: 'died', why: 'killed by SIGKILL', retryMs: 500 }) // prettier-ignore
  await supervisor.ready(20_000, signal)
  expect(stateOf('a')).toMatchObject({ state: 'running', restarts: 1 })
  expect(stateOf('a').pid).not.toBe(first.pid)
  expect(entries.filter(({ worker }) => worker === 'a')).toMatchObject([
    { event: 'process-started', pid: first.pid, restarts: 0 },
    { event: 'process-ended', pid: first.pid, signal: 'SIGKILL', asked: false },
    { event: 'process-started', pid: stateOf('a').pid, restarts: 1 },
  ])
})

test('what several processes find out about their cluster is said once, and what one says of itself each time', async () => {
  const warn = (code: string, fields: object): string =>
    `tell({ version: 1, type: 'event', event: { worker: process.env.WORKER, kind: 'warning', code: '${code}', fields: ${JSON.stringify(fields)} } })`
  const setting = { what: 'dead_letters has one copy', hint: 'raise it' }
  const script = `${warn('cluster-setting', setting)}; ${warn('slow', { ms: 7 })}; assigned(); forever()`
  const { supervisor, events, start } = supervise({ a: script, b: script })
  start()
  await supervisor.ready(20_000, signal)
  const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event] : []))
  expect(warnings.filter(({ code }) => code === 'cluster-setting').map(({ fields }) => fields)).toEqual([setting])
  expect(warnings.flatMap(({ code, worker }) => (code === 'slow' ? [worker] : [])).sort()).toEqual(['a', 'b'])
})

test('what a worker did is the sum of what its processes told before they ended', async () => {
  const { supervisor, start } = supervise({ a: 'assigned(); summary(10); process.exitCode = 1', b: 'assigned(); forever()' }) // prettier-ignore
  start()
  await eventually(() => expect(supervisor.summaries()[0]!.processed).toBeGreaterThanOrEqual(20))
  await supervisor.stop()
  const [a, b] = supervisor.summaries()
  expect(a!.emitted).toBe(a!.processed / 10)
  expect(a!.seconds).toBe((a!.processed / 10) * 0.5)
  expect(b).toEqual({ worker: 'b', processed: 0, emitted: 0, deadLetters: 0, seconds: 0 })
})

test('stopping ends all of them, and what they still say counts', async () => {
  const { supervisor, start } = supervise({
    a: `process.on('SIGTERM', () => { summary(7); clearInterval(timer); process.channel.unref() }); const timer = forever(); assigned()`,
    b: `assigned(); forever()`,
  })
  start()
  await supervisor.ready(20_000, signal)
  await supervisor.stop()
  expect(supervisor.summaries()[0]).toMatchObject({ worker: 'a', processed: 7 })
  expect(supervisor.list().map(({ state, pid }) => [state, pid])).toEqual([['stopped', undefined], ['stopped', undefined]]) // prettier-ignore
})

test('workers that are held begin together when they are released', async () => {
  const held = `process.once('message', () => { assigned(); forever() })`
  const { supervisor, start } = supervise({ a: held, b: held })
  start({ held: true })
  await expect(supervisor.ready(200, signal)).rejects.toThrow('does not start')
  supervisor.release()
  await supervisor.ready(20_000, signal)
})

test('a worker’s command line runs that worker alone, by its name or file, with the same settings and its options as they were typed', () => {
  const settings = resolveSettings({ options: { brokers: 'kafka:9092' }, env: { PAYFLOW_HOME: '/nowhere' }, cwd: '/' })
  const command = workerCommand(settings, { PATH: '/bin', PAYFLOW_BROKERS: 'old:1' }, (worker) => [
    worker,
    '--threshold',
    '250',
  ])
  const { file, arguments: argv, env } = command('large-orders')
  expect(file).toBe(process.execPath)
  expect(argv.slice(1)).toEqual(['worker', 'large-orders', '--threshold', '250', '--json'])
  expect(env).toEqual({ PATH: '/bin', ...childEnvironment(settings) })
  expect(env.PAYFLOW_BROKERS).toBe('kafka:9092')
})
