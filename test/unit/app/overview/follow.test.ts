import { expect, test } from 'vitest'
import { noLog } from '../../../../src/log.ts'
import { follow, type Shown } from '../../../../src/app/overview/follow.ts'
import { overviewOf } from '../../../support/looks.ts'

/** Follows these looks; an error is a look that failed, `hangs` one that nobody answers. The last is shown, then it ends. */
async function followed(looks: readonly (number | Error | 'hangs')[], most: number): Promise<Shown[]> {
  const stop = new AbortController()
  const shown: Shown[] = []
  let at = 0
  const look = () => {
    const next = looks[Math.min(at++, looks.length - 1)]!
    if (next === 'hangs') return new Promise<never>(() => undefined)
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(overviewOf({ atMs: Date.now() - next }))
  }
  await follow(
    look,
    (state) => {
      shown.push(state)
      if (shown.length >= most) stop.abort()
    },
    { intervalMs: () => 1, names: [], signal: stop.signal, log: noLog, ageingMs: 5 },
  )
  return shown
}

test('brokers that are away end nothing: what was seen last is shown with why, until they answer again', async () => {
  const [first, failed, again] = await followed([0, new Error('connect ECONNREFUSED'), 0], 3)
  expect(first).toMatchObject({ trouble: null, silentSeconds: 0 })
  expect(failed?.trouble).toBe('connect ECONNREFUSED')
  expect(failed?.overview).toBe(first?.overview)
  expect(again?.trouble).toBeNull()
  expect(again?.overview).not.toBe(first?.overview)
})

test('while nobody answers, figures are shown as old as they are', async () => {
  const shown = await followed([9_000, 'hangs'], 4)
  expect(shown.at(-1)?.silentSeconds).toBeGreaterThanOrEqual(9)
  expect(shown.at(-1)?.verdict.text).toMatch(/^The brokers have not answered for 9 s/)
})

test('without a first answer nothing is known, and the verdict says why', async () => {
  const [shown] = await followed([new Error('no route')], 1)
  expect(shown).toMatchObject({ overview: undefined, silentSeconds: null })
  expect(shown?.verdict.text).toBe('The brokers have not answered yet: no route')
})
