import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  brokerFaults,
  defaultIntervals,
  faultKinds,
  mixedIntervals,
  planOf,
  type FaultKind,
  type PlannedFault,
  type PlanOptions,
} from '../../../../src/app/chaos/plan.ts'

const HOUR_MS = 3_600_000
const options = (change: Partial<PlanOptions> = {}): PlanOptions => ({
  seed: 7,
  intervals: defaultIntervals,
  mixed: false,
  sessionTimeoutMs: 6_000,
  transactionTimeoutMs: 30_000,
  ...change,
})
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const only = (kind: FaultKind, intervalMs: number) =>
  ({ ...Object.fromEntries(faultKinds.map((name) => [name, 0])), [kind]: intervalMs }) as PlanOptions['intervals']
const ofKind = (plan: readonly PlannedFault[], kind: FaultKind) => plan.filter((fault) => fault.kind === kind)

describe('a plan of faults', () => {
  test('is the same for the same seed, and another for another one', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, mixed) => {
        const plan = planOf(options({ seed, mixed }), 120_000)
        expect(planOf(options({ seed, mixed }), 120_000)).toEqual(plan)
      }),
      { numRuns: 20 },
    )
    expect(planOf(options({ seed: 1 }), 60_000)).not.toEqual(planOf(options({ seed: 2 }), 60_000))
  })

  test('does not change when it goes on for longer', () => {
    const short = planOf(options(), 60_000)
    expect(planOf(options(), 600_000).slice(0, short.length)).toEqual(short)
    expect(short.every(({ atMs }) => atMs < 60_000)).toBe(true)
  })

  test('keeps the faults of one kind where they are when another kind is left out', () => {
    const all = planOf(options(), HOUR_MS)
    const fewer = planOf(options({ intervals: { ...defaultIntervals, scale: 0 } }), HOUR_MS)
    expect(fewer).toEqual(all.filter(({ kind }) => kind !== 'scale'))
  })

  test('is in the order of time', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const times = planOf(options({ seed, intervals: mixedIntervals }), 300_000).map(({ atMs }) => atMs)
        expect(times).toEqual([...times].sort((a, b) => a - b))
      }),
      { numRuns: 20 },
    )
  })

  test('has the mean interval of each kind, and none of a kind whose interval is 0', () => {
    const plan = planOf(options(), 10 * HOUR_MS)
    for (const kind of faultKinds) {
      const found = ofKind(plan, kind).length
      const expected = defaultIntervals[kind] === 0 ? 0 : (10 * HOUR_MS) / defaultIntervals[kind]
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(expected * 0.1)
    }
  })

  test('has its first fault of a kind within the interval, and never more than two intervals without one', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(...faultKinds), (seed, kind) => {
        const intervalMs = 10_000
        const times = planOf(options({ seed, intervals: only(kind, intervalMs) }), HOUR_MS / 6).map(({ atMs }) => atMs)
        expect(times[0]).toBeLessThanOrEqual(intervalMs)
        for (const [i, atMs] of times.entries()) expect(atMs - (times[i - 1] ?? 0)).toBeLessThanOrEqual(2 * intervalMs)
      }),
      { numRuns: 50 },
    )
  })

  test('is empty when every interval is 0', () => {
    expect(planOf(options({ intervals: only('cut', 0) }), HOUR_MS)).toEqual([])
  })
})

describe('how long a fault lasts', () => {
  const durations = (kind: FaultKind) =>
    planOf(options({ intervals: only(kind, 10_000) }), HOUR_MS).map(({ lastsMs }) => lastsMs)

  test('a frozen worker outlives its session and its transaction: only then is it a zombie', () => {
    for (const ms of durations('freeze-worker')) {
      expect(ms).toBeGreaterThan(36_000)
      expect(ms).toBeLessThanOrEqual(46_000)
    }
  })

  test('a frozen broker is away for 15 to 40 s, a killed one for up to 5 s', () => {
    for (const ms of durations('freeze-broker')) expect(ms >= 15_000 && ms <= 40_000).toBe(true)
    for (const kind of ['kill-broker', 'outage'] as const)
      for (const ms of durations(kind)) expect(ms >= 0 && ms <= 5_000).toBe(true)
  })

  test('means nothing for the others', () => {
    for (const kind of ['kill-worker', 'scale', 'cut', 'restart-broker'] as const)
      expect(new Set(durations(kind))).toEqual(new Set([0]))
  })

  test('is drawn again each time, and so is the choice of the target', () => {
    const plan = planOf(options({ intervals: only('freeze-worker', 10_000) }), HOUR_MS)
    expect(new Set(plan.map(({ choice }) => choice)).size).toBe(plan.length)
    expect(new Set(plan.map(({ lastsMs }) => lastsMs)).size).toBeGreaterThan(plan.length * 0.9)
  })
})

describe('a mixed plan', () => {
  const rotationMs = 15_000
  const rotations = 2_000
  const mixed = planOf(options({ mixed: true, intervals: mixedIntervals }), rotations * rotationMs)
  const whole = planOf(options({ mixed: false, intervals: mixedIntervals }), rotations * rotationMs)
  const inRotation = (plan: readonly PlannedFault[], kind?: FaultKind): Set<number> =>
    new Set(plan.filter((fault) => kind === undefined || fault.kind === kind).map(({ atMs }) => Math.floor(atMs / rotationMs))) // prettier-ignore

  test('has every kind, those of brokers too', () => {
    expect(new Set(mixed.map(({ kind }) => kind))).toEqual(new Set(faultKinds))
    for (const kind of brokerFaults) expect(ofKind(mixed, kind).length).toBeGreaterThan(0)
  })

  test('holds a kind back for whole rotations of 15 s, and else leaves every fault as it was', () => {
    for (const kind of faultKinds) {
      const active = inRotation(mixed, kind)
      const kept = ofKind(whole, kind).filter(({ atMs }) => active.has(Math.floor(atMs / rotationMs)))
      expect(ofKind(mixed, kind)).toEqual(kept)
    }
  })

  test('has rotations in which nothing breaks at all, and more of those in which something does', () => {
    const busy = inRotation(mixed).size
    expect(inRotation(whole).size).toBeGreaterThan(rotations * 0.99)
    expect(rotations - busy).toBeGreaterThan(rotations * 0.15)
    expect(busy).toBeGreaterThan(rotations * 0.6)
  })
})
