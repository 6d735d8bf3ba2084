import { describe, expect, test } from 'vitest'
import { initialState, press, type Key, type TopState } from '../../../../../src/cli/views/top/state.ts'

const named = (name: string, more: Partial<Key> = {}): Key => ({ name, sequence: name, ...more })
const typed = (character: string): Key => ({ sequence: character, name: /\w/.test(character) ? character : undefined })
const enter = named('return', { sequence: '\r' })
const escape = named('escape', { sequence: '\u001B', meta: true })
const rows = ['a', 'b', 'c']

/** Where these keys lead. */
function after(keys: readonly Key[], from: TopState = initialState(2_000), shown: readonly string[] = rows): TopState {
  let state = from
  for (const key of keys) {
    const pressed = press(state, key, shown)
    if (pressed === 'quit') throw new Error('it has quit')
    state = pressed
  }
  return state
}

describe('keys', () => {
  test('q leaves, from the help too, but not while a filter is typed', () => {
    expect(press(initialState(1), typed('q'), rows)).toBe('quit')
    expect(press(after([typed('?')]), typed('q'), rows)).toBe('quit')
    expect(after([typed('/'), typed('q')]).typing).toBe('q')
  })

  test('choose a row, and stop at either end; one that is gone is the first', () => {
    expect(after([named('down'), typed('j')]).selected).toBe('c')
    expect(after([named('down'), named('down'), named('down')]).selected).toBe('c')
    expect(after([named('up')]).selected).toBe('a')
    expect(after([named('down')], { ...initialState(1), selected: 'gone' }).selected).toBe('b')
    expect(after([named('down')], initialState(1), []).selected).toBeUndefined()
  })

  test('open a worker, then a partition, and come back to where one was', () => {
    const worker = after([named('down'), enter])
    expect(worker.place).toEqual({ kind: 'worker', worker: 'b' })
    const partition = after([named('down'), enter], worker, ['orders/0', 'orders/12'])
    expect(partition.place).toEqual({ kind: 'partition', worker: 'b', topic: 'orders', partition: 12 })
    const back = after([escape], partition)
    expect(back).toMatchObject({ place: worker.place, selected: 'orders/12' })
    expect(after([escape], back)).toMatchObject({ place: { kind: 'workers' }, selected: 'b' })
  })

  test('type a filter; escape gives it up, and at the top shows everything again', () => {
    const keys = [typed('/'), typed('p'), typed('x'), named('backspace', { sequence: '\u007F' }), typed('a')]
    expect(after(keys).typing).toBe('pa')
    const filtered = after([...keys, enter])
    expect(filtered).toMatchObject({ filter: 'pa', typing: undefined })
    expect(after([...keys, escape])).toMatchObject({ filter: '', typing: undefined })
    expect(after([escape], filtered).filter).toBe('')
    expect(after([typed('/'), named('u', { ctrl: true, sequence: '\u0015' })], filtered).typing).toBe('')
    expect(after([typed('/'), named('up', { sequence: '\u001B[A' })]).typing).toBe('')
  })

  test('with Ctrl or Alt mean nothing', () => {
    const before = initialState(1)
    expect(after([named('space', { ctrl: true }), named('q', { meta: true })], before)).toBe(before)
  })

  test('change sorting, pace, pause and help', () => {
    expect(after([typed('s')]).sort).toBe('lag')
    expect(after(Array.from({ length: 5 }, () => typed('s'))).sort).toBe('worst')
    expect(after([typed('+')]).intervalMs).toBe(5_000)
    expect(after([typed('-'), typed('-'), typed('-'), typed('-')]).intervalMs).toBe(500)
    expect(after([typed('p')]).paused).toBe(true)
    expect(after([typed('?')]).help).toBe(true)
    expect(after([typed('?'), typed('x')]).help).toBe(false)
  })
})
