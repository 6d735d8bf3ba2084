import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FullScreen, type KeyPress } from '../../../../src/cli/shell/full-screen.ts'
import type { World } from '../../../../src/cli/shell/world.ts'
import { eventually } from '../../../support/wait.ts'

const ENTER = '\u001B[?1049h\u001B[?25l\u001B[2J'
const LEAVE = '\u001B[?25h\u001B[?1049l'

function terminal() {
  const stderr = new PassThrough()
  const raw: boolean[] = []
  const stdin = Object.assign(new PassThrough(), { setRawMode: (on: boolean) => raw.push(on) })
  const cleanups = new Set<() => void>()
  const atForcedExit = (cleanup: () => void) => {
    cleanups.add(cleanup)
    return () => cleanups.delete(cleanup)
  }
  const isTTY = { stdin: true, stdout: true, stderr: true }
  const world = { stdin, stderr, isTTY, columns: () => 20, rows: () => 3, atForcedExit } as unknown as World
  const keys: KeyPress[] = []
  let redrawn = 0
  const screen = new FullScreen(world, { onKey: (key) => keys.push(key), onRedraw: () => redrawn++ })
  onTestFinished(() => screen.end())
  const written = (): string => (stderr.read() as Buffer | null)?.toString() ?? ''
  return { screen, stdin, stderr, raw, keys, cleanups, written, redrawn: () => redrawn }
}

test('it draws on the other screen, and only lines that have changed', () => {
  const { screen, written } = terminal()
  screen.draw(['one', 'two', 'three', 'beyond'])
  expect(written()).toBe(`${ENTER}\u001B[?2026h\u001B[1;1Hone\u001B[0m\u001B[K\u001B[2;1Htwo\u001B[0m\u001B[K\u001B[3;1Hthree\u001B[0m\u001B[K\u001B[?2026l`) // prettier-ignore
  screen.draw(['one', 'TWO'])
  expect(written()).toBe('\u001B[?2026h\u001B[2;1HTWO\u001B[0m\u001B[K\u001B[3;1H\u001B[0m\u001B[K\u001B[?2026l')
  screen.draw(['one', 'TWO'])
  expect(written()).toBe('')
})

test('the terminal is as it was: at the end, and once only, and when something ends the process at once', () => {
  const { screen, written, raw, cleanups } = terminal()
  expect(raw).toEqual([true])
  for (const cleanup of cleanups) cleanup()
  expect(written()).toBe(`${ENTER}${LEAVE}`)
  screen.draw(['late'])
  screen.end()
  expect([written(), raw]).toEqual(['', [true, false]])
})

test('keys come as they are named, Escape alone soon too, and another size draws everything again', async () => {
  const { stdin, stderr, keys, screen, redrawn } = terminal()
  stdin.write('j\u001B[A/\u001B')
  await eventually(() => expect(keys.map(({ name, sequence }) => name ?? sequence)).toEqual(['j', 'up', '/', 'escape']))
  stderr.emit('resize')
  expect(redrawn()).toBe(1)
  screen.end()
  stdin.write('x')
  expect(keys).toHaveLength(4)
})

test('a process that is continued takes the screen again', () => {
  const { written, redrawn } = terminal()
  written()
  process.emit('SIGCONT')
  expect(redrawn()).toBe(1)
  expect(written()).toContain('\u001B[2J')
})

test('who ends it right after the process was stopped and continued keeps the terminal as it was', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const killed = vi.spyOn(process, 'kill').mockReturnValue(true)
  onTestFinished(() => killed.mockRestore())
  const { stdin, screen, written, raw } = terminal()
  stdin.emit('keypress', '', { ctrl: true, name: 'z' })
  expect(killed).toHaveBeenCalledWith(process.pid, 'SIGTSTP')
  process.emit('SIGCONT')
  screen.end()
  await vi.runAllTimersAsync()
  expect(written().endsWith(LEAVE)).toBe(true)
  expect(raw).toEqual([true, false, true, false])
  expect(process.listeners('SIGTSTP')).toEqual([])

  const stopped = terminal()
  stopped.stdin.emit('keypress', '', { ctrl: true, name: 'z' })
  stopped.screen.end()
  await vi.runAllTimersAsync()
  expect(stopped.written().endsWith(LEAVE)).toBe(true)
  expect(process.listeners('SIGTSTP')).toEqual([])
})

test('a process that is continued asks how large its terminal is now: it is not told while it is stopped', async () => {
  const { redrawn } = terminal()
  let asked = 0
  const onAsked = () => asked++
  process.on('SIGWINCH', onAsked)
  onTestFinished(() => void process.off('SIGWINCH', onAsked))
  process.emit('SIGCONT')
  expect(redrawn()).toBe(1)
  await eventually(() => expect(asked).toBe(1))
})
