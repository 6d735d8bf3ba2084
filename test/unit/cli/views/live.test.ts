import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createOutput } from '../../../../src/cli/shell/output.ts'
import type { World } from '../../../../src/cli/shell/world.ts'
import { live, type LiveView } from '../../../../src/cli/views/live.ts'

const view: LiveView<number> = {
  lines: (state, announced) => [`at ${state}`, ...(announced === undefined ? [] : [announced])],
  plain: (state) => `plain ${state}`,
  drawEveryMs: 100,
  plainEveryMs: 5_000,
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())
const pass = (ms: number) => vi.advanceTimersByTime(ms)

async function shownOn(terminal: boolean) {
  const stderr = new PassThrough()
  const announcers: ((line: string) => void)[] = []
  const world = {
    stderr,
    env: {},
    isTTY: { stdin: terminal, stdout: terminal, stderr: terminal },
    columns: () => 80,
    rows: () => 24,
    atForcedExit: () => () => undefined,
    announceWith: (announce: (line: string) => void) => {
      announcers.push(announce)
      return () => void announcers.splice(0)
    },
  } as unknown as World
  const output = await createOutput(world, {})
  const written = (): string =>
    (stderr.read() as Buffer | null)?.toString().replace(/\u001B\[\??\d+[A-Za-z]\r?/g, '') ?? ''
  return { world, output, written, announcers }
}

test('on a terminal what comes in quick succession is drawn once, what is urgent at once, and notes wait for the end', async () => {
  const { world, output, written } = await shownOn(true)
  const result = await live({ world, output }, view, ({ show }) => {
    show(1)
    show(2)
    expect(written()).toBe('at 1\n')
    show(3, { urgent: true })
    expect(written()).toBe('at 3\n')
    pass(100)
    show(4)
    output.note('a note')
    expect(written()).toBe('at 4\n')
    return Promise.resolve('done')
  })
  expect([result, written()]).toEqual(['done', 'a note\n'])
})

test('what a signal has to say stays below what is drawn, and the screen is given back even when the run fails', async () => {
  const { world, output, written, announcers } = await shownOn(true)
  const run = live({ world, output }, view, ({ show }) => {
    show(1)
    announcers[0]!('Stopping')
    show(2, { urgent: true })
    return Promise.reject(new Error('broken'))
  })
  await expect(run).rejects.toThrow('broken')
  expect(written()).toBe('at 1\nat 1\nStopping\nat 2\nStopping\n')
  expect(announcers).toEqual([])
})

test('elsewhere a line comes now and then, or when it is urgent', async () => {
  const { world, output, written } = await shownOn(false)
  await live({ world, output }, view, ({ show, announce }) => {
    show(1)
    pass(4_999)
    show(2)
    show(3, { urgent: true })
    pass(5_000)
    show(4)
    announce('Stopping')
    return Promise.resolve()
  })
  expect(written()).toBe('plain 3\nplain 4\nStopping\n')
})
