import { Command } from 'commander'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flowOf, reproduceCommand, type FlowOptions } from '../../../src/app/producers.ts'
import { kinds } from '../../../src/pipeline/sources/source.ts'
import { addFlowOptions, flowOptionsOf, type TypedFlow } from '../../../src/cli/commands/flow-options.ts'
import { MAX_TIME_MS, MIN_TIME_MS } from '../../../src/pipeline/time.ts'

/** What `payflow produce` understands of a command line. */
function typed(argv: readonly string[]): FlowOptions {
  const command = addFlowOptions(new Command('produce').exitOverride().argument('<kind>'))
  command.parse([...argv], { from: 'user' })
  return flowOptionsOf(command.opts<TypedFlow>())
}

describe('a flow', () => {
  test('has a seed and a start of its own when none was said', () => {
    const beforeMs = Date.now()
    const { seed, startMs } = flowOf({})
    expect(seed).toBeGreaterThanOrEqual(0)
    expect(startMs).toBeGreaterThanOrEqual(beforeMs)
    expect(flowOf({}).seed).not.toBe(seed)
  })

  test('has the usual rates and failures, or those that were said', () => {
    const usual = flowOf({})
    expect(kinds.map((kind) => usual.rateOf(kind))).toEqual([50, 50, 20])
    expect(usual).toMatchObject({ failureRate: 0.15, count: undefined, durationMs: undefined })
    const said = flowOf({ rate: 'max', failureRate: 0, count: 5, durationMs: 100, seed: 0, startMs: 0 })
    expect(kinds.map((kind) => said.rateOf(kind))).toEqual(['max', 'max', 'max'])
    expect(said).toMatchObject({ failureRate: 0, count: 5, durationMs: 100, seed: 0, startMs: 0 })
  })
})

const anyRate = fc.oneof(fc.constant('max' as const), fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 1e-9, max: 1e6, noNaN: true })) // prettier-ignore
const anyFlow = fc.record(
  {
    rate: anyRate,
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    startMs: fc.integer({ min: MIN_TIME_MS, max: MAX_TIME_MS }),
    failureRate: fc.double({ min: 0, max: 1, noNaN: true }).map((share) => share + 0),
  },
  { requiredKeys: [] },
)

test('the printed command is read back as the same flow: the same seed, clock, rate and failures', () => {
  fc.assert(
    fc.property(anyFlow, fc.constantFrom(...kinds), fc.integer({ min: 1, max: 1e9 }), (options, kind, records) => {
      const flow = flowOf(options)
      const [payflow, produce, again, ...argv] = reproduceCommand(flow, kind, records).split(' ')
      expect([payflow, produce, again]).toEqual(['payflow', 'produce', kind])
      const read = flowOf(typed([kind, ...argv]))
      expect({ seed: read.seed, startMs: read.startMs, rate: read.rateOf(kind), count: read.count }).toEqual({
        seed: flow.seed,
        startMs: flow.startMs,
        rate: flow.rateOf(kind),
        count: records,
      })
      if (kind === 'payments') expect(read.failureRate).toBe(flow.failureRate)
    }),
  )
})
