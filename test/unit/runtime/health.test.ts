import { expect, test } from 'vitest'
import { isLive, isReady, type RunnerHealth } from '../../../src/runtime/health.ts'

const running = { partition: 0, phase: 'running' } as const
const health: RunnerHealth = { worker: 'w', beatAgeMs: 100, joining: false, assigned: true, tasks: [running] }

test('a worker is live that has sent a heartbeat within its session', () => {
  expect(isLive(health, 6_000)).toBe(true)
  expect(isLive({ ...health, beatAgeMs: 6_001 }, 6_000)).toBe(false)
})

test('one that has not begun to join is live: it is looking at the cluster', () => {
  const { beatAgeMs: _, ...starting } = health
  expect(isLive({ ...starting, assigned: false, tasks: [] }, 6_000)).toBe(true)
})

test('a join may take as long as a rebalance and a request', () => {
  expect(isLive({ ...health, joining: true, beatAgeMs: 21_000 }, 6_000)).toBe(true)
  expect(isLive({ ...health, joining: true, beatAgeMs: 23_000 }, 6_000)).toBe(false)
})

test('a worker is ready when every one of its partitions is running', () => {
  expect(isReady(health)).toBe(true)
  expect(isReady({ ...health, tasks: [running, { partition: 1, phase: 'restoring' }] })).toBe(false)
  expect(isReady({ ...health, tasks: [running, { partition: 1, phase: 'aborting' }] })).toBe(false)
})

test('one that has no partition because others have them all is ready; one that waits for its own is not', () => {
  expect(isReady({ ...health, tasks: [] })).toBe(true)
  expect(isReady({ ...health, tasks: [], assigned: false })).toBe(false)
})
