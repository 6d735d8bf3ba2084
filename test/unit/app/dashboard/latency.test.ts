import { expect, test } from 'vitest'
import { Latency } from '../../../../src/app/dashboard/latency.ts'

test('a payment and its status are matched whichever is seen first, and what is not watched is not', () => {
  const latency = new Latency()
  latency.begin('a', 1_000)
  latency.end('a', 1_040)
  latency.end('b', 1_100)
  latency.end('of another partition', 1_100)
  latency.begin('b', 1_000)
  latency.settle()
  latency.begin('of another partition', 1_000)
  expect(latency.view(2_000)).toEqual({ p50Ms: 40, p99Ms: 100, count: 2 })
})

test('nothing is known of what is older than a minute', () => {
  const latency = new Latency()
  latency.begin('a', 0)
  latency.end('a', 10)
  expect(latency.view(60_011)).toBeNull()
})
