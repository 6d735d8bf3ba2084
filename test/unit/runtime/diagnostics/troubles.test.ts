import { expect, test } from 'vitest'
import { PartitionError } from '../../../../src/kafka/errors.ts'
import type { Trouble } from '../../../../src/kafka/trouble.ts'
import { Troubles } from '../../../../src/runtime/diagnostics/troubles.ts'

const error = new PartitionError('Produce', 'orders', 0, 19)

/** Looks every 100 ms while the error comes every second; what was told, in order. */
function watched() {
  const told: string[] = []
  const cause = { text: 'one' }
  const diagnose = (): Promise<Trouble> => Promise.resolve({ code: 'refused', error: cause.text })
  const troubles = new Troubles({
    diagnose,
    onTrouble: (partition, seconds, trouble) => told.push(`${partition} ${seconds} ${trouble.code === 'refused' ? trouble.error : ''}`),
    onOver: (partition, seconds) => told.push(`${partition} over ${seconds}`),
  }) // prettier-ignore
  const pass = async (fromMs: number, toMs: number, failing = true): Promise<void> => {
    for (let now = fromMs; now < toMs; now += 100) {
      if (failing && now % 1_000 === 0) troubles.failed('task 0', error, now, { partition: 0 })
      troubles.look(now)
      await Promise.resolve()
    }
  }
  return { troubles, told, cause, pass }
}

test('an error that repeats for four seconds is told once, again with another cause, and when it is over', async () => {
  const { troubles, told, cause, pass } = watched()
  await pass(0, 4_000)
  expect(told).toEqual([])
  await pass(4_000, 20_000)
  expect(told).toEqual(['0 4 one'])
  cause.text = 'two'
  await pass(20_000, 30_000)
  expect(told.map((line) => line.slice(-3))).toEqual(['one', 'two'])
  troubles.fine('task 0', 30_000)
  expect(told.at(-1)).toBe('0 over 30')
})

test('an error that passes is not told, nor that it is over', async () => {
  const { troubles, told, pass } = watched()
  await pass(0, 3_900)
  troubles.fine('task 0', 3_950)
  await pass(3_950, 30_000, false)
  expect(told).toEqual([])
  expect(troubles.lastError(0)).toBeUndefined()
})

test('what has not failed for longer than a request takes is over', async () => {
  const { told, pass } = watched()
  await pass(0, 6_000)
  await pass(6_000, 25_000, false)
  expect(told).toEqual(['0 4 one', '0 over 20.1'])
})
