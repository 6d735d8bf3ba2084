import { expect, test } from 'vitest'
import { diagramLines, mermaidLines } from '../../../../src/cli/views/worker-diagram.ts'
import { integer, time } from '../../../../src/pipeline/codec/fields.ts'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { describeWorker } from '../../../../src/pipeline/worker/describe.ts'
import { findWorker } from '../../../../src/pipeline/workers/index.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'

const topic = (name: string) => defineTopic(name, { user_id: integer(1), timestamp: time() })
const worker = (inputs: readonly string[], outputs: readonly string[], more: Partial<AnyWorker> = {}) =>
  describeWorker({
    name: 'own',
    summary: '',
    inputs: Object.fromEntries(inputs.map((name) => [name, topic(name)])),
    output: topic(outputs[0]!),
    outputs: Object.fromEntries(outputs.map((name) => [name, topic(name)])),
    on: {},
    ...more,
  })
const drawn = (of: ReturnType<typeof worker>, isUnicode = true) => diagramLines(of, { isUnicode }).join('\n')

test('one input and one output', () => {
  expect(drawn(describeWorker(findWorker('large-orders')!))).toBe(
    ['            ┌──────────────┐', 'payments ───▶│ large-orders │───▶ large_orders', '            └──────────────┘'].join('\n').replaceAll('            ', '             '), // prettier-ignore
  )
})

test('two inputs, two outputs, and state', () => {
  const description = describeWorker(findWorker('process-payments')!)
  expect(drawn(description)).toMatchInlineSnapshot(`
    "             ┌──────────────────┐
    orders ───┬─▶│ process-payments │───▶ order_status
    payments ─┘  │ state, timers    │
                 └──────────────────┘"
  `)
  expect(drawn(worker(['orders', 'users', 'a'], ['alerts', 'totals']))).toMatchInlineSnapshot(`
    "orders ─┐  ┌─────┐
    users ──┼─▶│ own │─┬─▶ alerts
    a ──────┘  └─────┘ └─▶ totals"
  `)
})

test('without Unicode', () => {
  const text = drawn(worker(['orders', 'users'], ['alerts', 'totals', 'third']), false)
  expect(text).toMatch(/^[ -~\n]*$/)
  expect(text).toMatchInlineSnapshot(`
    "           +-----+ +-> alerts
    orders -+->| own |-+-> totals
    users --+  +-----+ +-> third"
  `)
})

test('never more than 80 columns, whatever the names', () => {
  const long = worker(['i'.repeat(100), 'j'], ['o'.repeat(200), 'p'.repeat(90)], { name: 'n'.repeat(120) })
  for (const line of diagramLines(long, { isUnicode: true })) expect(line.length).toBeLessThanOrEqual(80)
})

test('as a Mermaid flowchart, topics once', () => {
  const lines = mermaidLines([worker(['a'], ['b']), { ...worker(['b'], ['c']), worker: 'next' }])
  expect(lines).toEqual(['flowchart LR', '  t0[["a"]]', '  t1[["b"]]', '  t2[["c"]]', '  w0["own"]', '  t0 --> w0', '  w0 --> t1', '  w1["next"]', '  t1 --> w1', '  w1 --> t2']) // prettier-ignore
})
