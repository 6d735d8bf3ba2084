import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { tryOut } from '../../../../src/app/workers/trial.ts'
import { list, optional } from '../../../../src/pipeline/codec/collection-fields.ts'
import { integer, oneOf, text, time, uuid } from '../../../../src/pipeline/codec/fields.ts'
import { epochMillis } from '../../../../src/pipeline/codec/number-fields.ts'
import { nested, shape } from '../../../../src/pipeline/codec/shape.ts'
import { union } from '../../../../src/pipeline/codec/union.ts'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { orders, publicTopics, type Order } from '../../../../src/pipeline/events/topics.ts'
import { sampleEvents } from '../../../../src/pipeline/testing/samples.ts'
import { defaultWorkers } from '../../../../src/pipeline/workers/index.ts'
import { ownWorker } from '../../../../src/pipeline/worker/custom.ts'

const sales = defineTopic('sales', { id: integer(1), currency: text(), country: text(), timestamp: time() })
const sums = defineTopic('sums', { currency: text(), count: integer(1) }, { key: ({ currency }) => currency })
const good = {
  name: 'sums',
  summary: 'Counts sales',
  inputs: { sales },
  output: sums,
  state: { schema: z.int(), initial: 0, key: { sales: (sale: { currency: string }) => sale.currency } },
  on: {
    sales: ({ currency }: { currency: string }, count: number) => ({ state: count + 1, emit: [{ currency, count: count + 1 }] }), // prettier-ignore
  },
}
const tried = (changes: object) => tryOut(ownWorker({ ...good, ...changes }, '/x/sums.js', []))
const emitting = (event: () => object) => ({ on: { sales: () => ({ emit: [event()] }) } })
let outside = 0

test('a step that is what it must be takes every made-up event, and nothing is said', () => {
  expect(tried({})).toEqual({ events: 16, untried: [], byRecordKey: [], faults: [], doubts: [] })
})

test.each<[string, object, string | RegExp]>([
  ['uses random numbers', emitting(() => ({ currency: 'EUR', count: 1 + Math.floor(Math.random() * 1e9) })), 'on.sales gave another result for the same event and state: it uses Math.random()'], // prettier-ignore
  ['asks for the time', emitting(() => ({ currency: 'EUR', count: Date.now() })), 'on.sales gave another result for the same event and state: it uses Date.now()'], // prettier-ignore
  ['makes a date of now', emitting(() => ({ currency: new Date().toISOString(), count: 1 })), 'on.sales gave another result for the same event and state: it uses new Date()'], // prettier-ignore
  ['keeps something outside its state', emitting(() => ({ currency: 'EUR', count: ++outside })), 'on.sales gave another result for the same event and state: it uses the clock or random numbers, or keeps something outside its state'], // prettier-ignore
  ['changes its event', { on: { sales: (sale: { currency: string }) => void (sale.currency = 'x') } }, /^on\.sales changes what it is given \(Cannot assign to read only property 'currency' .*\): it must return new objects$/], // prettier-ignore
  ['has a key that is not text', { state: { ...good.state, key: { sales: ({ id }: { id: number }) => id } } }, /^state\.key\.sales returned [12]: it must be text/], // prettier-ignore
  ['returns a promise', { on: { sales: () => Promise.resolve() } }, 'on.sales returned a promise: a step is a plain function, and waits for nothing'], // prettier-ignore
  ['emits an unknown field', emitting(() => ({ currency: 'EUR', count: 1, n: 1 })), 'on.sales returned emit[0], which is not an event of sums: n is not a field of sums, which has currency, count'], // prettier-ignore
  ['emits a wrong type', emitting(() => ({ currency: 'EUR', count: '1' })), /count cannot be "1"/],
  ['returns a state that its schema would not take', { on: { sales: () => ({ state: 'one' }) } }, /^on\.sales returned state, which its schema would not read again: /], // prettier-ignore
  ['places one state in two partitions', { partitionBy: { sales: ({ country }: { country: string }) => country } }, /^partitionBy\.sales returned "[ab]" for the state of "[ab]", which lies by "[ab]": the state of one key must lie in one partition$/], // prettier-ignore
  ['has a timer that stays due', { dueAt: () => 0, onTime: () => ({}) }, /onTime left the key [ab] due, so that it would never end/], // prettier-ignore
  ['has a dueAt that gives no number', { dueAt: () => 'soon', onTime: () => ({ state: null }) }, /dueAt returned "soon": it must be ms since 1970, or undefined/], // prettier-ignore
])('it is noticed that a step %s', (_, changes, fault) => {
  expect(tried(changes).faults[0]).toMatch(fault)
})

test('a step that throws for an event that its topic may hold is to be looked at', () => {
  const { faults, doubts } = tried({ on: { sales: ({ country }: { country: string }) => { if (country === 'a') throw new Error('no such country') } } }) // prettier-ignore
  expect(faults).toEqual([])
  expect(doubts).toHaveLength(1)
  expect(doubts[0]).toMatch(/^on\.sales throws "no such country" for \{"id":\d,"currency":"\w","country":"a",.*\}, which its topic may hold: that would end the worker$/) // prettier-ignore
})

test('state that lies by the keys of records is tried with keys, and a null value too', () => {
  const byKey = { state: { ...good.state, key: { sales: (_: unknown, { key }: { key: string }) => key } } }
  expect(tried(byKey)).toEqual({ events: 16, untried: [], byRecordKey: ['sales'], faults: [], doubts: [] })
  const deleting = tried({ onNull: { sales: 'delete' } })
  expect(deleting).toEqual({ events: 16, untried: [], byRecordKey: ['sales'], faults: [], doubts: [] })
  const wrong = tried({ ...byKey, onNull: { sales: () => ({ emit: [{ currency: 'EUR', count: 0 }] }) } })
  expect(wrong.faults).toEqual([expect.stringMatching(/^onNull\.sales returned emit\[0\], which is not an event of sums: count cannot be 0/)]) // prettier-ignore
})

test('the clock is as it was afterwards', () => {
  const { random } = Math
  tried({})
  expect(Math.random).toBe(random)
  expect(new Date().getTime() - Date.now()).toBeLessThan(1_000)
})

describe('made-up events', () => {
  const topics = [
    ...publicTopics,
    defineTopic('all', { at: epochMillis(), tags: list(text()), kind: oneOf('x', 'y'), inner: nested(shape({ id: uuid() })), more: optional(integer(0), 7) }), // prettier-ignore
    defineTopic('variants', union('type', { card: { number: text() }, transfer: { iban: text() } })),
    defineTopic('schema', z.object({ email: z.email(), price: z.number().min(3), labels: z.record(z.string(), z.string()) })), // prettier-ignore
  ]
  test.each(topics.map((topic) => [topic.name, topic] as const))(
    'of %s fit, and are the same each time',
    (_, topic) => {
      const events = sampleEvents(topic, 16)
      expect(events).toHaveLength(16)
      expect(new Set(events.map((event) => JSON.stringify(event))).size).toBeGreaterThan(1)
      expect(sampleEvents(topic, 16)).toEqual(events)
    },
  )

  test('there are none where a field asks for what is hard to guess', () => {
    const odd = defineTopic('odd', z.object({ code: z.string().regex(/^Q7-\d{9}$/) }))
    expect(sampleEvents(odd, 4)).toEqual([])
    expect(tryOut(ownWorker({ ...good, inputs: { sales: odd }, state: undefined, on: { sales: () => undefined } }, '/x/o.js', [])).untried).toEqual(['sales']) // prettier-ignore
  })

  test('keys come again, and differ', () => {
    const users = sampleEvents(orders, 16).map((event) => (event as Order).user_id)
    expect(new Set(users).size).toBe(2)
  })
})

test.each(defaultWorkers.map((worker) => [worker.name, worker] as const))('%s passes the trial', (_, worker) => {
  const { faults, doubts, untried } = tryOut({ ...worker, file: '/x/own.js' })
  expect({ faults, doubts, untried }).toEqual({ faults: [], doubts: [], untried: [] })
})
