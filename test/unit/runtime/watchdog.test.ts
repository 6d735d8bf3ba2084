import { expect, test } from 'vitest'
import { Watchdog, type Watched } from '../../../src/runtime/watchdog.ts'

const task = (partition: number) => ({ partition, hasWork: true, progressAt: 0 })
const nothing = { stalled: [], hopeless: undefined }

/** Looks every 100 ms from one time to another; the last verdict, and all partitions that were told of. */
function watch(dog: Watchdog, tasks: readonly Watched[], fromMs: number, toMs: number) {
  const told: number[] = []
  let hopeless: number | undefined
  for (let now = fromMs; now <= toMs && hopeless === undefined; now += 100) {
    const verdict = dog.look(tasks, now)
    told.push(...verdict.stalled.map(({ partition }) => partition!))
    hopeless = verdict.hopeless?.partition
  }
  return { told, hopeless }
}

test('a worker that has work and does not get on for longer than it may is hopeless', () => {
  expect(watch(new Watchdog(1_000), [task(2)], 0, 1_000)).toEqual({ told: [], hopeless: undefined })
  expect(watch(new Watchdog(1_000), [task(2)], 0, 1_100)).toEqual({ told: [2], hopeless: 2 })
})

test('time in which there was nothing to do does not count', () => {
  const dog = new Watchdog(1_000)
  const idle = { ...task(0), hasWork: false }
  expect(dog.look([idle], 0)).toEqual(nothing)
  idle.hasWork = true
  expect(dog.look([idle], 60_000)).toEqual(nothing)
  idle.hasWork = false
  expect(dog.look([idle], 60_500)).toEqual(nothing)
  idle.hasWork = true
  expect(watch(dog, [idle], 61_100, 62_100)).toEqual({ told: [], hopeless: undefined })
})

test('time in which the process itself was stopped does not count', () => {
  const dog = new Watchdog(1_000)
  const zombie = task(0)
  expect(watch(dog, [zombie], 0, 500)).toEqual({ told: [], hopeless: undefined })
  zombie.progressAt++
  expect(watch(dog, [zombie], 90_000, 91_000)).toEqual({ told: [], hopeless: undefined })
  expect(watch(dog, [zombie], 190_000, 190_000)).toEqual({ told: [0], hopeless: 0 })
})

test('each step restarts the clock', () => {
  const dog = new Watchdog(1_000)
  const busy = task(0)
  for (let now = 0; now < 20_000; now += 900) {
    busy.progressAt++
    expect(dog.look([busy], now)).toEqual(nothing)
  }
})

test('one partition that stands still is told of once, and given longer while others go on', () => {
  const dog = new Watchdog(1_000)
  const [stuck, busy] = [task(1), task(2)]
  const told: number[] = []
  for (let now = 0; now <= 4_000; now += 100) {
    busy.progressAt++
    const verdict = dog.look([stuck, busy], now)
    told.push(...verdict.stalled.map(({ partition }) => partition!))
    expect(verdict.hopeless).toBeUndefined()
  }
  expect(told).toEqual([1])
  busy.progressAt++
  expect(dog.look([stuck, busy], 4_100).hopeless?.partition).toBe(1)
})
