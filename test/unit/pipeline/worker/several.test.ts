import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { bigint, number } from '../../../../src/pipeline/codec/number-fields.ts'
import { integer, text, time } from '../../../../src/pipeline/codec/fields.ts'
import { unknown } from '../../../../src/pipeline/codec/collection-fields.ts'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { toRecord } from '../../../../src/pipeline/events/output-record.ts'
import { NOON_MS, event } from '../../../../src/pipeline/testing/events.ts'
import { given, timePasses } from '../../../../src/pipeline/testing/given.ts'
import { checkWorker } from '../../../../src/pipeline/worker/check.ts'
import { defineWorker, normalWorker } from '../../../../src/pipeline/worker/define-worker.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'
import { tumbling } from '../../../../src/pipeline/windows/hopping.ts'
import { zodShape } from '../../../../src/pipeline/codec/zod-shape.ts'

const sales = defineTopic('sales', { shop: text(), currency: text(), items: integer(1), timestamp: time() })
const visits = defineTopic('visits', { shop: text(), timestamp: time() })
const totals = defineTopic('totals', { currency: text(), items: integer(1) }, { key: ({ currency }) => currency })
const alerts = defineTopic('alerts', { shop: text(), why: text() }, { key: ({ shop }) => shop })
const shopOf = ({ shop }: { readonly shop: string }): string => shop

const both = defineWorker({
  name: 'both',
  summary: 'Several of all',
  inputs: { sales, visits },
  outputs: { totals, alerts },
  states: {
    items: { schema: z.int(), initial: 0, key: { sales: ({ shop, currency }) => `${shop}/${currency}` } },
    shops: {
      schema: z.object({ visits: z.int(), since: z.int() }),
      initial: { visits: 0, since: 0 },
      key: { sales: shopOf, visits: shopOf },
      dueAt: (shop) => shop.since + 1_000,
      onTime: (_, { visits: count }) => ({ state: null, emit: { alerts: [{ shop: String(count), why: 'quiet' }] } }),
    },
  },
  partitionBy: { sales: shopOf },
  on: {
    sales: ({ currency, items: more, shop }, { items, shops }, _, { header }) =>
      header('drop') === undefined
        ? {
            state: { items: items + more },
            emit: {
              totals: [toRecord({ currency, items: items + more }, { headers: { from: shop } })],
              alerts: items + more > 5 ? [toRecord({ shop, why: `${shops.visits} visits` }, { key: 'all' })] : [],
            },
          }
        : { state: { items: null } },
    visits: ({ timestamp }, { shops }) => ({ state: { shops: { visits: shops.visits + 1, since: timestamp } } }),
  },
})
const sale = (items: number, headers?: Record<string, string>) => event(sales, { shop: 'a', currency: 'EUR', items, timestamp: NOON_MS }, headers && { headers }) // prettier-ignore
const visit = event(visits, { shop: 'a', timestamp: NOON_MS })

describe('several states and outputs', () => {
  it('are given and changed by their names; what is not named stays', () => {
    given(both, visit, sale(2))
      .when(sale(4))
      .then({
        state: { items: 6, shops: { visits: 1, since: NOON_MS } },
        emit: { totals: [{ currency: 'EUR', items: 6 }], alerts: [{ shop: 'a', why: '1 visits' }] },
      })
    given(both, sale(2))
      .when(visit)
      .then({ state: { shops: { visits: 1, since: NOON_MS } } })
    given(both, sale(2))
      .when(sale(1, { drop: 'yes' }))
      .then({ state: { items: 0, shops: { visits: 0, since: 0 } } })
  })

  it('carry keys and headers', () => {
    given(both)
      .when(sale(6))
      .then({
        emit: {
          totals: [toRecord({ currency: 'EUR', items: 6 }, { key: 'EUR', headers: { from: 'a' } })],
          alerts: [toRecord({ shop: 'a', why: '0 visits' }, { key: 'all' })],
        },
      })
    expect(() => given(both).when(sale(1)).then({ emit: { totals: [toRecord({ currency: 'EUR', items: 1 }, { headers: { from: 'b' } })] } })).toThrow('the emitted events') // prettier-ignore
  })

  it('have timers of their own', () => {
    given(both, visit, visit)
      .when(timePasses(NOON_MS + 1_000))
      .then({ emit: { alerts: [{ shop: '2', why: 'quiet' }] } })
  })
})

describe('what a step may not do', () => {
  type Step = AnyWorker['on'][string]
  const doing = (result: unknown): AnyWorker => ({ ...both, on: { ...both.on, sales: (() => result) as Step } })
  it.each<[unknown, string]>([
    [{ emit: [] }, 'on.sales returned emit an array: it must be { totals, alerts }, an array of events for each output that gets some'],
    [{ emit: { total: [] } }, 'on.sales returned emit.total, which is not an output: there are totals, alerts'],
    [{ emit: { totals: {} } }, 'on.sales returned emit.totals an object: it must be an array of events'],
    [{ emit: { totals: [{ currency: 'EUR' }] } }, 'on.sales returned emit.totals[0], which is not an event of totals: items is missing'],
    [{ state: 5 }, 'on.sales returned state 5: it must be { items, shops }'],
    [{ state: { carts: 1 } }, 'on.sales returned state.carts, which is not a state of that input: it has items, shops'],
    [{ state: { items: 'x' } }, 'on.sales returned state, which its schema would not read again'],
  ])('%#', (result, message) => {
    expect(() => given(doing(result)).when(sale(1)).then({})).toThrow(message)
  }) // prettier-ignore

  it('gives a record a header of payflow’s, or a key that is not text', () => {
    expect(() => toRecord({}, { headers: { 'payflow.topic': 'x' } })).toThrow("names with payflow. are payflow's own")
    expect(() => toRecord({}, { headers: { n: 5 as never } })).toThrow('the header n must be text or a Buffer, not 5')
    expect(() => toRecord({}, { key: 5 as never })).toThrow('the key of a record must be text, not 5')
  })
})

describe('a definition of several', () => {
  const raw = { ...both, state: undefined, dueAt: undefined, onTime: undefined, output: undefined }
  it('is the same whether defineWorker made it or not, and however often that is done', () => {
    expect(normalWorker(both)).toBe(both)
    expect(checkWorker(both)).toBe(both)
    given(raw as never, visit)
      .when(sale(1))
      .then({ emit: { totals: [{ currency: 'EUR', items: 1 }] } })
  })

  it.each<[object, string]>([
    [{ ...raw, outputs: {} }, 'outputs of worker both must be { name: topic, … }, not an object'],
    [{ ...raw, outputs: { a: totals, b: totals } }, 'Worker both has the output totals twice'],
    [{ ...raw, output: sales }, 'Worker both has both output and outputs: say { totals, alerts, … } in outputs alone'],
    [{ ...raw, outputs: { visits } }, 'Output visits of worker both has no key: say { key: (event) => text } in its defineTopic'],
    [{ ...raw, states: [] }, 'states of worker both must be { name: { schema, initial, key }, … }, not an array'],
    [{ ...raw, states: { 'a/b': {} } }, '"a/b" cannot name a state of worker both: use letters, digits and _'],
    [{ ...raw, states: { a: { schema: z.int(), initial: 0 } } }, "states.a of worker both needs key: { sales, visits }, an event's key for each input that it is for"],
    [{ ...raw, states: { a: { schema: z.int(), initial: 0, key: { users: shopOf } } } }, 'states.a of worker both: key.users must be a function for an input, which are sales, visits'],
    [{ ...raw, states: { a: { schema: z.int(), initial: 0, key: { sales: shopOf }, dueAt: shopOf } } }, 'states.a of worker both needs both dueAt and onTime, or neither'],
    [{ ...raw, state: { schema: z.int(), initial: 0, key: { sales: shopOf } } }, 'Worker both has both state and states: say all of them in states'],
    [{ ...raw, dueAt: shopOf, onTime: shopOf }, 'Worker both has several states: dueAt and onTime belong to one of them, as states.<name>.dueAt'],
    [{ ...raw, partitionBy: undefined }, 'Worker both has states with different keys for its input sales: say in partitionBy.sales by what they lie together'],
    [{ ...raw, audit: { total: () => undefined } }, 'audit.total must be a rule for an output: there are totals, alerts'],
  ])('says what is wrong %#', (definition, message) => {
    expect(() => checkWorker(definition)).toThrow(new Error(message))
  }) // prettier-ignore
})

describe('what a record carries', () => {
  const told = defineTopic('told', { key: text(), trace: text(), at: unknown() }, { key: () => 'k' })
  const telling = defineWorker({
    name: 'telling',
    summary: 'Tells',
    inputs: { visits: defineTopic('visits', { n: integer(0), timestamp: time() }) },
    output: told,
    on: {
      visits: (_event, _state, _options, { key, header, headers, timestamp, topic, partition, offset, eventTime }) => ({
        emit: [{ key: String(key), trace: header('trace') ?? '', at: [topic, partition, offset, timestamp, eventTime, headers.length] }], // prettier-ignore
      }),
    },
  })
  const { visits: input } = telling.inputs
  it('is known to a step, with defaults in a test', () => {
    const at = (ms: number, record?: object) => event(input, { n: 1, timestamp: ms }, record)
    given(telling, at(NOON_MS)).when(at(NOON_MS - 5), at(NOON_MS, { key: 'x', headers: { trace: 'T', 'payflow.replays': '1' }, timestamp: 7, partition: 2, offset: 9 })).then({
      emit: [
        { key: 'null', trace: '', at: ['visits', 0, 1, NOON_MS - 5, NOON_MS, 0] },
        { key: 'x', trace: 'T', at: ['visits', 2, 9, 7, NOON_MS, 1] },
      ],
    }) // prettier-ignore
  })
})

it('bigints and other shapes go through a worker unchanged', () => {
  const ids = defineTopic('ids', { id: bigint(), size: number() }, { passthrough: true })
  const copies = defineTopic(
    'copies',
    { id: bigint(), size: number() },
    { passthrough: true, key: ({ id }) => String(id) },
  )
  const checked = defineTopic('checked', zodShape(z.object({ size: z.number().max(9) })), { key: () => 'k' })
  const copying = defineWorker({
    name: 'copying',
    summary: 'Copies',
    inputs: { ids },
    outputs: { copies, checked },
    on: { ids: (id) => ({ emit: { copies: [id], checked: [{ size: id.size }] } }) },
  })
  const id = { id: 2n ** 80n, size: 0.1, more: { a: [null] } }
  given(copying)
    .when(event(ids, id))
    .then({ emit: { copies: [id], checked: [{ size: 0.1 }] } })
  expect(() =>
    given(copying)
      .when(event(ids, { ...id, size: 10 }))
      .then({}),
  ).toThrow('emit.checked[0], which is not an event of checked: size is not as its schema says: ')
})

it('windows close by event time, and what comes later is late', () => {
  const perSecond = tumbling({ size: '1s', grace: '1s' })
  const counts = defineTopic('counts', { start: integer(0), items: integer(0) }, { key: ({ start }) => String(start) })
  const counting = defineWorker({
    name: 'counting',
    summary: 'Counts',
    inputs: { sales },
    output: counts,
    state: { schema: perSecond.schema(z.int()), initial: [], key: { sales: ({ currency }) => currency } },
    on: {
      sales: ({ items, timestamp }, windows, _, { eventTime }) => {
        const added = perSecond.add(windows, timestamp, eventTime, (sum = 0) => sum + items)
        return added.isLate ? { reject: 'late' } : { state: added.windows }
      },
    },
    dueAt: (windows) => perSecond.dueAt(windows),
    onTime: (now, windows) => {
      const { closed, windows: left } = perSecond.close(windows, now)
      return { state: left.length > 0 ? left : null, emit: closed.map(({ start, value: items }) => ({ start, items })) }
    },
  })
  const at = (ms: number, items: number) => event(sales, { shop: 'a', currency: 'EUR', items, timestamp: NOON_MS + ms })
  given(counting, at(0, 1), at(1_500, 2))
    .when(at(900, 4), at(2_000, 8))
    .then({ emit: [{ start: NOON_MS, items: 5 }] })
  given(counting, at(0, 1), at(2_000, 8)).when(at(999, 4)).then({ reject: 'late' })
})
