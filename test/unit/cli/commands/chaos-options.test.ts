import { Command } from 'commander'
import { expect, test } from 'vitest'
import { brokerFaults, defaultIntervals, faultKinds, mixedIntervals } from '../../../../src/app/chaos/plan.ts'
import {
  addIntervalOptions,
  anySeed,
  intervalsOf,
  type TypedIntervals,
} from '../../../../src/cli/commands/chaos-options.ts'

/** The intervals that `payflow chaos` understands of these words. */
function intervals(...argv: string[]) {
  const command = addIntervalOptions(
    new Command('chaos').exitOverride().configureOutput({ outputError: () => undefined }),
  )
  command.parse(argv, { from: 'user' })
  return intervalsOf(command.opts<TypedIntervals>())
}

test('without options the usual faults come at their usual intervals, with --mixed all of them', () => {
  expect(intervals()).toEqual(defaultIntervals)
  expect(intervals('--mixed')).toEqual(mixedIntervals)
  expect(faultKinds.filter((kind) => mixedIntervals[kind] === 0)).toEqual([])
})

test.each(faultKinds)('--%s changes that interval alone; 0 and --no- turn it off, with --mixed too', (kind) => {
  expect(intervals(`--${kind}`, '1500ms')).toEqual({ ...defaultIntervals, [kind]: 1_500 })
  expect(intervals(`--${kind}`, '0')).toEqual({ ...defaultIntervals, [kind]: 0 })
  expect(intervals('--mixed', `--no-${kind}`)).toEqual({ ...mixedIntervals, [kind]: 0 })
})

test('an interval that is not a time is refused', () => {
  expect(() => intervals('--cut', 'often')).toThrow('Allowed: a duration such as 5s or 500ms, or 0 for never.')
})

test('a seed that is drawn can be typed again', () => {
  const seeds = Array.from({ length: 100 }, anySeed)
  expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true)
  expect(new Set(seeds).size).toBeGreaterThan(90)
})

test('every kind of fault of brokers is a kind of fault', () => {
  expect(faultKinds.filter((kind) => brokerFaults.has(kind))).toHaveLength(brokerFaults.size)
})
