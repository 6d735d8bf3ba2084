import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Screen } from '../../../../src/cli/shell/screen.ts'
import type { World } from '../../../../src/cli/shell/world.ts'

const [hide, show] = ['\u001B[?25l', '\u001B[?25h']

function screen({ columns = 20, rows = 10 } = {}) {
  const stderr = new PassThrough()
  const cleanups = new Set<() => void>()
  const atForcedExit = (cleanup: () => void) => {
    cleanups.add(cleanup)
    return () => cleanups.delete(cleanup)
  }
  const world = { stderr, columns: () => columns, rows: () => rows, atForcedExit } as unknown as World
  return {
    screen: new Screen(world),
    written: () => (stderr.read() as Buffer | null)?.toString() ?? '',
    exitNow: () => {
      for (const cleanup of cleanups) cleanup()
    },
  }
}

test('what is drawn takes the place of what was drawn before, and at the end it is gone', () => {
  const { screen: shown, written } = screen()
  shown.draw(['one', 'two'])
  expect(written()).toBe(`${hide}one\ntwo\n`)
  shown.draw(['three'])
  expect(written()).toBe('\u001B[2A\r\u001B[0Jthree\n')
  shown.end()
  expect(written()).toBe(`\u001B[1A\r\u001B[0J${show}`)
})

test('nothing scrolls away: there is a line less than the terminal has, and none is as wide', () => {
  const { screen: shown, written } = screen({ columns: 5, rows: 3 })
  shown.draw(['123456789', 'b', 'c', 'd'])
  expect(written()).toBe(`${hide}1234\nb\n`)
})

test('colours take no room, and a line that is cut loses them', () => {
  const { screen: shown, written } = screen({ columns: 5, rows: 3 })
  shown.draw(['\u001B[31mred!\u001B[39m', '\u001B[31mtoo red\u001B[39m'])
  expect(written()).toBe(`${hide}\u001B[31mred!\u001B[39m\ntoo \n`)
})

test('the cursor comes back when a signal ends the process at once, and not twice', () => {
  const first = screen()
  first.exitNow()
  expect(first.written()).toBe(`${hide}${show}`)
  const second = screen()
  second.screen.end()
  second.written()
  second.exitNow()
  expect(second.written()).toBe('')
})
