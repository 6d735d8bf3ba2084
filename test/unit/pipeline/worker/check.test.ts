import { describe, expect, it, test, vi } from 'vitest'
import { z } from 'zod'
import { checkWorker } from '../../../../src/pipeline/worker/check.ts'
import { integer } from '../../../../src/pipeline/codec/fields.ts'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { largeOrders, orders, payments } from '../../../../src/pipeline/events/topics.ts'
import { defineWorker } from '../../../../src/pipeline/worker/define-worker.ts'

const option = {
  flag: '--least <count>',
  description: 'how many',
  default: '3',
  parse: (text: string) => {
    if (!/^\d+$/.test(text)) throw new Error(`expected a number, not ${text}`)
    return Number(text)
  },
}
const good = defineWorker({
  name: 'my-worker',
  summary: 'Counts',
  inputs: { orders, payments },
  output: largeOrders,
  options: { least: option },
  state: {
    schema: z.number(),
    initial: 0,
    key: { orders: (o) => String(o.user_id), payments: (p) => String(p.user_id) },
  },
  on: {
    orders: (_order, state) => ({ state: state + 1 }),
    payments: ({ order_id, user_id, amount, payment_method, timestamp }, state, { least }) =>
      state >= least ? { emit: [{ order_id, user_id, amount, payment_method, timestamp }] } : undefined,
  },
  dueAt: () => undefined,
  onTime: () => undefined,
})

const untimed = defineTopic('untimed', { user_id: integer(1) })
const without = (name: keyof typeof good) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))

describe('checkWorker', () => {
  it('hands a good definition back', () => {
    expect(checkWorker(good)).toBe(good)
  })

  it.each<[unknown, string]>([
    [undefined, 'A worker is what defineWorker(…) gives, not undefined'],
    [[good], 'A worker is what defineWorker(…) gives, not an array'],
    [Promise.resolve(good), 'A worker is what defineWorker(…) gives, not a promise of it'],
    [() => good, 'A worker is what defineWorker(…) gives, not a function'],
    [without('name'), 'A worker needs a name: lower-case words joined by dashes'],
    [{ ...good, name: 'My Worker' }, '"My Worker" cannot name a worker: use lower-case words joined by dashes'],
    [{ ...good, name: 'all' }, '"all" cannot name a worker: payflow worker all is a command'],
    [{ ...good, name: 'a'.repeat(236) }, `A worker's name may have 235 characters, "${'a'.repeat(60)}…" has 236`],
    [without('summary'), 'Worker my-worker needs a summary: one line for lists and help'],
    [without('inputs'), 'Worker my-worker needs inputs: { alias: topic, … }'],
    [{ ...good, inputs: {} }, 'Worker my-worker needs inputs: { alias: topic, … }'],
    [{ ...good, inputs: { orders: 'orders' } }, 'Input orders of worker my-worker is not a topic: "orders"'],
    [{ ...good, inputs: { orders: undefined } }, 'Input orders of worker my-worker is not a topic: undefined'],
    [{ ...good, inputs: { a: orders, b: orders } }, 'Worker my-worker has the input orders twice'],
    [
      { ...good, inputs: { large: largeOrders } },
      'Worker my-worker writes its own input large_orders: it would never end',
    ],
    [without('output'), 'The output of worker my-worker is not a topic: undefined'],
    [without('on'), 'Worker my-worker needs on: { orders, payments }, a step for each input'],
    [{ ...good, on: { orders: good.on.orders } }, 'Worker my-worker has no step for its input payments: on.payments'],
    [
      { ...good, on: { ...good.on, payments: async () => Promise.resolve() } },
      'on.payments is async: a step is a plain function, and waits for nothing',
    ],
    [{ ...good, onTime: async () => Promise.resolve() }, 'onTime is async: a step is a plain function, and waits for nothing'], // prettier-ignore
    [
      { ...good, on: { ...good.on, payments: function* () {} } },
      'on.payments is a generator: a step is a plain function, and waits for nothing',
    ],
    [
      { ...good, inputs: { orders: untimed, payments: { ...untimed, name: 'others' } } },
      'Worker my-worker has timers, which never fire: none of its inputs has a time; say { timeOf: (event) => ms } in defineTopic', // prettier-ignore
    ],
    [
      { ...good, state: { ...good.state, initial: 'none' } },
      'Worker my-worker: state.initial is not what its schema takes: Invalid input: expected number, received string',
    ],
    [
      { ...good, state: { ...good.state, schema: z.object({ sum: z.int() }), initial: { sum: null } } },
      'Worker my-worker: state.initial is not what its schema takes: sum: Invalid input: expected number, received null',
    ],
    [{ ...good, name: 'explain' }, '"explain" cannot name a worker: payflow worker explain is a command'],
    [{ ...good, on: { ...good.on, users: () => undefined } }, 'on.users of worker my-worker is the step of no input'],
    [{ ...good, state: { ...good.state, schema: {} } }, 'state.schema of worker my-worker must be a zod schema'],
    [
      { ...good, state: { ...good.state, initial: undefined } },
      'Worker my-worker needs state.initial: the state of a key that has none',
    ],
    [
      { ...good, state: { ...good.state, key: undefined } },
      "Worker my-worker needs state.key: { orders, payments }, an event's key for each input",
    ],
    [
      { ...good, state: { ...good.state, key: { orders: () => '' } } },
      'Worker my-worker has no state.key.payments: the key of an event of that input',
    ],
    [
      { ...good, partitionBy: () => 'x' },
      'partitionBy of worker my-worker must be { orders, payments }, a function for each input that needs one',
    ],
    [{ ...good, partitionBy: { users: () => 'x' } }, 'partitionBy.users of worker my-worker is for no input'],
    [
      { ...good, partitionBy: { orders: 'user_id' } },
      'partitionBy.orders of worker my-worker must be a function from an event to text, not "user_id"',
    ],
    [
      { ...good, state: undefined, dueAt: undefined, onTime: undefined, partitionBy: { orders: () => 'x' } },
      'partitionBy of worker my-worker decides where its state lies, and it has none: leave it out',
    ],
    [
      { ...good, output: defineTopic('sums', { sum: integer(0) }) },
      'The output sums of worker my-worker has no key: say { key: (event) => text } in its defineTopic',
    ],
    [without('dueAt'), 'Worker my-worker needs both dueAt and onTime, or neither'],
    [without('state'), 'Worker my-worker has timers but no state for them to act on'],
    [{ ...good, onTime: 5 }, 'dueAt and onTime of worker my-worker must be functions'],
    [
      { ...good, options: { least: { ...option, flag: 'least' } } },
      'Option least of worker my-worker needs a flag such as "--least <value>"',
    ],
    [
      { ...good, options: { least: { ...option, parse: undefined } } },
      'Option least of worker my-worker needs a function parse(text)',
    ],
    [
      { ...good, options: { least: { ...option, default: 3 } } },
      'Option least of worker my-worker needs a default, as text',
    ],
    [
      { ...good, options: { least: { ...option, default: 'x' } } },
      'Option least of worker my-worker does not take its own default: expected a number, not x',
    ],
  ])('says what is wrong %#', (definition, message) => {
    expect(() => checkWorker(definition)).toThrow(new Error(message))
  })
})

test('a topic without a key is known to have none, whichever copy of this package has defined it', async () => {
  vi.resetModules()
  const { defineTopic: other } = await import('../../../../src/pipeline/events/define-topic.ts')
  expect(other).not.toBe(defineTopic)
  expect(() => checkWorker({ ...good, output: other('sums', { sum: integer(0) }) })).toThrow('has no key')
})
