import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { Execution } from '../../../../src/pipeline/worker/execution.ts'
import { integer, text, time } from '../../../../src/pipeline/codec/fields.ts'
import { StateStore } from '../../../../src/pipeline/worker/state.ts'
import { NOON_MS, event, failedPayment, order, payment, userEvent, type TopicEvent } from '../../../../src/pipeline/testing/events.ts' // prettier-ignore
import { given } from '../../../../src/pipeline/testing/given.ts'
import { defineWorker } from '../../../../src/pipeline/worker/define-worker.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'
import { defaultWorkers } from '../../../../src/pipeline/workers/index.ts'

const notes = defineTopic('notes', { user_id: integer(1), text: text(), timestamp: time() })
const note = (words: string, timestamp = NOON_MS) => event(notes, { user_id: 1, text: words, timestamp })

const copier = {
  name: 'copier',
  summary: 'Copies notes',
  inputs: { notes },
  output: defineTopic('copies', { user_id: integer(1), text: text() }),
}

/** Runs a worker as a task does, with or without the checks. */
function run(worker: AnyWorker, checked: boolean, events: readonly TopicEvent[], untilMs = NOON_MS) {
  const options = Object.fromEntries(Object.entries(worker.options ?? {}).map(([name, spec]) => [name, spec.parse(spec.default)])) // prettier-ignore
  const state = new StateStore(worker, options, checked)
  const emitted: [string, string][] = []
  const emit = (key: string, value: string) => void emitted.push([key, value])
  const execution = new Execution({ worker, options, state, emit, checked })
  const refused = events.map(({ topic, event }) => {
    const alias = Object.keys(worker.inputs).find((name) => worker.inputs[name]!.name === topic.name)!
    return execution.take(alias, event, topic.timeOf?.(event))
  })
  execution.advance(untilMs)
  return { emitted, refused, changes: [...state.changes], eventTime: execution.eventTime }
}

const timestamp = fc.integer({ min: NOON_MS, max: NOON_MS + 2 * 86_400_000 })
const user_id = fc.integer({ min: 1, max: 3 })
const order_id = fc.integer({ min: 0, max: 4 }).map((i) => `${i}`.repeat(8) + '-0000-4000-8000-000000000000')
const price = fc.oneof(fc.constant(1_000), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }))
type Given<Factory extends (given?: never) => unknown> = Parameters<Factory>[0]
const happening = fc.oneof(
  fc.record({ user_id, order_id, price, timestamp }).map((it) => order(it as unknown as Given<typeof order>)),
  fc
    .record({ user_id, order_id, amount: price, status: fc.constantFrom('SUCCESS', 'FAILED'), timestamp })
    .map((it) => payment(it as unknown as Given<typeof payment>)),
  fc.record({ user_id, name: fc.string(), timestamp }).map((it) => userEvent(it)),
  fc.record({ user_id, timestamp }).map((it) => failedPayment(it)),
)

describe('the checks of the execution', () => {
  it.each(defaultWorkers.map((worker) => [worker.name, worker] as const))('change nothing about %s', (_, worker) => {
    const topics = new Set(Object.values(worker.inputs).map(({ name }) => name))
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (all) => {
        const events = all.filter(({ topic }) => topics.has(topic.name))
        const fresh = () => events.map(({ topic, event }) => ({ topic, event: { ...(event as object) } }))
        const end = NOON_MS + 5 * 86_400_000
        expect(run(worker, true, fresh(), end)).toEqual(run(worker, false, fresh(), end))
      }),
      { numRuns: 150 },
    )
  })

  const counting = (schema: z.ZodType<{ n: number }>, on: (state: { n: number }) => { state?: unknown } | undefined) =>
    defineWorker({
      ...copier,
      state: { schema, initial: { n: 0 }, key: { notes: () => '1' } },
      on: { notes: (_, state) => on(state) as undefined },
    })
  const count = z.object({ n: z.number() })

  it('stop a step that changes its state: it would be lost with the next restart', () => {
    const worker = counting(count, (state) => (state.n++, undefined))
    expect(() => run(worker, true, [note('a')])).toThrow('Cannot assign to read only property')
    expect(() => given(worker).when(note('a')).then({})).toThrow('Cannot assign to read only property')
  })

  it('stop a step that changes a state it has returned', () => {
    const kept = { n: 0 }
    const worker = counting(count, () => (kept.n++, { state: kept }))
    const { changes } = run(worker, true, [note('a'), note('a')])
    expect(changes).toEqual([['1', { n: 2 }]])
  })

  it('keep state as it will be restored: without what the schema leaves out', () => {
    const worker = counting(count, ({ n }) => ({ state: { n: n + 1, cache: new Map([[1, 1]]) } }))
    expect(run(worker, true, [note('a')]).changes).toEqual([['1', { n: 1 }]])
    given(worker, note('a'))
      .when(note('b'))
      .then({ state: { n: 2 } })
  })

  it('refuse state that grows by being read', () => {
    const schema = z.object({ n: z.number().transform((n) => n + 1) })
    const worker = counting(schema, ({ n }) => ({ state: { n } }))
    const message = 'on.notes returned state, which its schema makes something else of each time it is read'
    expect(() => run(worker, true, [note('a')])).toThrow(message)
  })
})

describe('an event that is refused', () => {
  const tooLarge = defineWorker({
    ...copier,
    state: { schema: z.number(), initial: 0, key: { notes: () => '1' } },
    on: {
      notes: ({ user_id, text: words }, n) => ({
        state: n + 1,
        emit: [
          { user_id, text: 'first' },
          { user_id, text: words },
        ],
      }),
    },
  })
  const reason = 'its copies event would have 1050023 characters, more than a record may have'

  test.each([true, false])('has no effect: not on outputs, state or event time (checked: %s)', (checked) => {
    const { emitted, refused, changes, eventTime } = run(tooLarge, checked, [note('x'.repeat(1_050_000), NOON_MS + 9)], 0) // prettier-ignore
    expect({ emitted, refused, changes, eventTime }).toEqual({ emitted: [], refused: [reason], changes: [], eventTime: 0 }) // prettier-ignore
  })

  test('because an output is too large is refused in a test of its worker too', () => {
    given(tooLarge)
      .when(note('x'.repeat(1_050_000)))
      .then({ reject: reason, state: null })
  })
})

describe('what every worker is held to', () => {
  const stateful = (key: unknown, dueAt?: () => number) =>
    defineWorker({
      ...copier,
      state: { schema: z.number(), initial: 0, key: { notes: () => key as string } },
      on: { notes: () => ({ state: 1 }) },
      ...(dueAt && { dueAt, onTime: () => ({ state: null, reject: 'too late' }) }),
    })

  test.each([true, false])('keys of state are text (checked: %s)', (checked) => {
    expect(() => run(stateful(7), checked, [note('a')])).toThrow('state.key.notes returned 7: it must be text')
    expect(() => run(stateful('\u0000x'), checked, [note('a')])).toThrow('begins with a NUL character')
  })

  test.each([true, false])('timers are times (checked: %s)', (checked) => {
    expect(() =>
      run(
        stateful('a', () => NaN),
        checked,
        [note('a')],
      ),
    ).toThrow('dueAt returned NaN')
  })

  test.each([true, false])('a timer has nothing to refuse (checked: %s)', (checked) => {
    expect(() =>
      run(
        stateful('a', () => 0),
        checked,
        [note('a')],
      ),
    ).toThrow('there is no event to refuse: too late')
  })
})
