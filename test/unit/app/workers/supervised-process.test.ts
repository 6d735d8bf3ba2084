import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { SupervisedProcess, type ProcessCommand } from '../../../../src/app/workers/supervised-process.ts'
import { isAlive, type ProcessIdentity } from '../../../../src/infra/processes.ts'
import { nodeScript, watched } from '../../../support/scripts.ts'
import { eventually } from '../../../support/wait.ts'

/** What the scripts begin with: `say` tells the parent something, `forever` keeps the process alive. */
const PRELUDE = `
  import { spawn } from 'node:child_process'
  const say = (message) => process.send(message)
  const forever = () => setInterval(() => undefined, 1e6)
`
/** Starts a child of its own that heeds no SIGTERM either and keeps stderr open, and tells its pid once it does so. */
const WITH_CHILD = `
  const grandchild = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => 0); console.log(1); setInterval(() => 0, 1e6)'], { stdio: ['ignore', 'pipe', 'inherit'] })
  grandchild.stdout.once('data', () => say({ grandchild: grandchild.pid }))
`

function supervise(script: string | ProcessCommand) {
  const messages: unknown[] = []
  const deaths: [why: string, retryMs: number | undefined][] = []
  const child = new SupervisedProcess(typeof script === 'string' ? nodeScript(PRELUDE + script) : script, {
    onMessage: (message) => messages.push(message),
    onDeath: (why, retryMs) => deaths.push([why, retryMs]),
  })
  onTestFinished(() => child.kill())
  const told = (count: number) => eventually(() => expect(messages.length).toBeGreaterThanOrEqual(count))
  return { child, messages, deaths, told }
}

const gone = (...processes: ProcessIdentity[]) =>
  eventually(() => expect(processes.filter(isAlive)).toEqual([]), { timeoutMs: 5_000 })
const grandchildOf = (messages: readonly unknown[]) =>
  watched((messages.find((message) => typeof message === 'object') as { grandchild: number }).grandchild)

afterEach(() => vi.useRealTimers())

describe('a process that dies', () => {
  test('by kill -9 is started again after its back-off, as often as that happens', async () => {
    const { child, deaths, told } = supervise(`say('up'); forever()`)
    child.start()
    await told(1)
    const first = watched(child.pid)
    process.kill(first.pid, 'SIGKILL')
    await told(2)
    const second = watched(child.pid)
    expect(second.pid).not.toBe(first.pid)
    expect(child.restarts).toBe(1)
    process.kill(second.pid, 'SIGKILL')
    await eventually(() => expect(deaths).toEqual([['killed by SIGKILL', 500], ['killed by SIGKILL', 1000]])) // prettier-ignore
    expect(child.pid).toBeUndefined()
    await child.stop()
    expect(child.restarts).toBe(1)
  })

  test('takes its own children with it, also those that hold on to its output', async () => {
    const { child, messages, deaths, told } = supervise(`${WITH_CHILD}; forever()`)
    child.start()
    await told(1)
    const own = watched(child.pid)
    const grandchild = grandchildOf(messages)
    process.kill(own.pid, 'SIGKILL')
    await gone(own, grandchild)
    await eventually(() => expect(deaths).toHaveLength(1))
  })

  test('is described by its last words: the error that payflow writes as JSON, else its last line, else its exit code', async () => {
    const error = JSON.stringify({ error: { code: 'X', message: 'the topic is gone', hint: 'create it' } })
    const script = `console.error('before'); console.error(${JSON.stringify(error)}); console.error('after'); process.exitCode = 1`
    const payflows = supervise(script)
    payflows.child.start()
    const others = supervise(`console.error('one'); console.error('Segmentation fault'); process.exitCode = 3`)
    others.child.start()
    const silent = supervise(`process.exitCode = 7`)
    silent.child.start()
    await eventually(() => {
      expect(payflows.deaths[0]).toEqual(['the topic is gone', 500])
      expect(others.deaths[0]).toEqual(['Segmentation fault', 500])
      expect(silent.deaths[0]).toEqual(['exit code 7', 500])
    })
    expect(payflows.child.lastHint).toBe('create it')
    expect(others.child.lastHint).toBeUndefined()
  })

  test('with the exit code of wrong usage is not started again: it would end in the same way', async () => {
    const error = JSON.stringify({ error: { code: 'X', message: 'no such option', hint: 'leave it out' } })
    const { child, deaths } = supervise(`console.error(${JSON.stringify(error)}); process.exitCode = 2`)
    child.start()
    await eventually(() => expect(deaths).toEqual([['no such option', undefined]]))
    expect(child.failure).toMatchObject({ kind: 'usage', message: 'no such option', hint: 'leave it out' })
    expect(child.restarts).toBe(0)
  })

  test('still delivers the messages that it sent last', async () => {
    const { child, messages, deaths } = supervise(`for (let i = 0; i < 2000; i++) say(i); process.exitCode = 1; process.channel.unref()`) // prettier-ignore
    child.start()
    await eventually(() => expect(deaths.length).toBeGreaterThan(0))
    expect(messages.slice(0, 2000)).toEqual(Array.from({ length: 2000 }, (_, i) => i))
  })

  test('because its program is not there says so', async () => {
    const { child, deaths } = supervise({ file: '/nowhere/payflow', arguments: [], env: {} })
    child.start()
    await eventually(() => expect(deaths[0]?.[0]).toMatch(/ENOENT/))
  })
})

describe('stopping', () => {
  test('lets a process end by itself, and is not a death', async () => {
    const { child, messages, deaths, told } = supervise(`
      process.on('SIGTERM', () => { say('ending'); process.channel.unref(); clearInterval(timer) })
      const timer = forever(); say('up')`)
    child.start()
    await told(1)
    await child.stop()
    expect([messages, deaths, child.pid]).toEqual([['up', 'ending'], [], undefined])
  })

  test('ends a frozen process as well', async () => {
    const { child, deaths, told } = supervise(`forever(); say('up')`)
    child.start()
    await told(1)
    process.kill(child.pid!, 'SIGSTOP')
    await child.stop()
    expect(deaths).toEqual([])
  })

  test('kills a process that ignores SIGTERM after 10 s, with its children', async () => {
    const { child, messages, told } = supervise(`process.on('SIGTERM', () => say('heard')); ${WITH_CHILD}; forever()`)
    child.start()
    await told(1)
    const own = watched(child.pid)
    const grandchild = grandchildOf(messages)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stopped = child.stop()
    await vi.waitFor(() => expect(messages).toContain('heard'), { timeout: 5_000, interval: 1 })
    expect(isAlive(own)).toBe(true)
    vi.advanceTimersByTime(10_000)
    await stopped
    await gone(own, grandchild)
  })

  test('in the middle of a back-off means that it is not started again', async () => {
    const { child, deaths } = supervise(`process.exitCode = 1`)
    child.start()
    await eventually(() => expect(deaths).toHaveLength(1))
    await child.stop()
    expect(child.pid).toBeUndefined()
    expect(child.restarts).toBe(0)
  })

  test('at once kills the whole group', async () => {
    const { child, messages, deaths, told } = supervise(`${WITH_CHILD}; forever()`)
    child.start()
    await told(1)
    const both = [watched(child.pid), grandchildOf(messages)]
    child.kill()
    await gone(...both)
    await eventually(() => expect(child.pid).toBeUndefined())
    expect(deaths).toEqual([])
  })
})

test('a process that is held waits until it is released; after a death it is not held again', async () => {
  const { child, messages, told } = supervise(`
    const begin = () => { say('begun'); forever() }
    if (process.env.PAYFLOW_HELD === '1') { say('held'); process.once('message', begin) } else begin()`)
  child.start({ held: true })
  await told(1)
  expect(messages).toEqual(['held'])
  child.release()
  await told(2)
  process.kill(child.pid!, 'SIGKILL')
  await told(3)
  expect(messages).toEqual(['held', 'begun', 'begun'])
})
