import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boolean, defineTopic, defineWorker, event, given, integer, nullable, table, text, tombstone, z } from '../../../../src/index.ts' // prettier-ignore
import { Fold } from '../../../../src/pipeline/testing/fold.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'
import { ownWorker } from '../../../../src/pipeline/worker/custom.ts'
import { keyTextOf } from '../../../../src/pipeline/worker/keyed-record.ts'

const clicks = defineTopic('clicks', { page: text() })
const output = defineTopic('counts', { visitor: text(), clicks: integer(0) }, { key: ({ visitor }) => visitor })

/** Clicks per visitor, who is named by the key of the record alone. */
const perVisitor = defineWorker({
  name: 'clicks-per-visitor',
  summary: 'Clicks per visitor',
  inputs: { clicks },
  output,
  state: { schema: z.int(), initial: 0, key: { clicks: (_, { key }) => key } },
  on: { clicks: (_, count, __, { key }) => ({ state: count + 1, emit: [{ visitor: key!, clicks: count + 1 }] }) },
})
const click = (key: string | null) => event(clicks, { page: '/' }, { key })

describe('a state that lies by the key of the record', () => {
  it('is one for each key', () => {
    given(perVisitor, click('ada'), click('bob'))
      .when(click('ada'))
      .then({ emit: [{ visitor: 'ada', clicks: 2 }], state: 2 })
  })

  it('makes a dead letter of a record that has none', () => {
    given(perVisitor).when(click(null)).then({ reject: 'the record has no key, and its state lies by it' })
    given(perVisitor)
      .when(click('\0\0\0\x05'))
      .then({ reject: /^the record's key begins with a NUL character/ })
  })

  it('tells no two keys for one: bytes that are not text are refused', () => {
    for (const key of [Buffer.from([0xff]), Buffer.from([0xc3]), null]) expect(() => keyTextOf(key)).toThrow(/^the record/) // prettier-ignore
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 6 }), (bytes) => {
        const key = Buffer.from(bytes)
        try {
          expect(Buffer.from(keyTextOf(key))).toEqual(key)
        } catch (error) {
          expect(String(error)).toMatch(/the record's key/)
        }
      }),
    )
  })
})

const products = defineTopic('products', { product: text(), is_new: boolean() }, { key: ({ product }) => product })
const sales = defineTopic('sales', { id: integer(0), product: text() })
const priced = defineTopic('priced', { id: integer(0), is_new: nullable(boolean()) }, { key: ({ id }) => String(id) })
const { schema, newest } = table(products)
const joined = (onNull: object): AnyWorker =>
  defineWorker({
    name: 'joined',
    summary: 'Sales with their products',
    inputs: { sales, products },
    output: priced,
    state: { schema, initial: null, key: { sales: ({ product }) => product, products: ({ product }) => product } },
    on: { products: newest, sales: ({ id }, row) => ({ emit: [{ id, is_new: row?.is_new ?? null }] }) },
    ...onNull,
  })
const deleting = joined({ onNull: { products: 'delete' } })

describe('a record without a value', () => {
  it('is a dead letter where nothing says what it means', () => {
    given(joined({})).when(tombstone(products, 'a')).then({ reject: 'the value is empty' })
  })

  it('deletes the row of its key in a table: whoever comes later meets none', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const happening = fc.oneof(
      fc.record({ product: name, is_new: fc.boolean() }).map((row) => ({ row })),
      name.map((deleted) => ({ deleted })),
      name.map((sold) => ({ sold })),
    )
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (all) => {
        const fold = new Fold(deleting)
        const rows = new Map<string, boolean>()
        const expected: (boolean | null)[] = []
        for (const each of all)
          if ('row' in each) {
            rows.set(each.row.product, each.row.is_new)
            fold.process(event(products, each.row))
          } else if ('deleted' in each) {
            rows.delete(each.deleted)
            fold.processNull(tombstone(products, each.deleted))
          } else {
            expected.push(rows.get(each.sold) ?? null)
            fold.process(event(sales, { id: 1, product: each.sold }))
          }
        expect(fold.emitted.map((each) => (each as { is_new: boolean | null }).is_new)).toEqual(expected)
        expect(fold.rejected).toEqual([])
        expect([...fold.state.keys()].sort()).toEqual([...rows.keys()].sort())
      }),
    )
  })

  it('would reach another state than the event had: an event with another key is refused', () => {
    given(deleting)
      .when(event(products, { product: 'a', is_new: true }, { key: '17' }))
      .then({ reject: `the record's key is "17", and that of its state "a": a null value would delete another state` })
    given(deleting).when(tombstone(products, null)).then({ reject: 'the record has no key, and its state lies by it' })
  })

  it('is ignored, or given to a step that has the state of its key', () => {
    given(joined({ onNull: { sales: 'ignore' } }))
      .when(tombstone(sales, null))
      .then({})
    const leaving = defineWorker({
      ...perVisitor,
      onNull: { clicks: (count, _, { key, header }) => ({ state: null, emit: header('quiet') === undefined ? [{ visitor: key!, clicks: -count || 0 }] : [] }) }, // prettier-ignore
      output: defineTopic('counts', { visitor: text(), clicks: integer(-100) }, { key: ({ visitor }) => visitor }),
    })
    given(leaving, click('ada'), click('ada'))
      .when(tombstone(clicks, 'ada'))
      .then({ emit: [{ visitor: 'ada', clicks: -2 }], state: null })
    given(leaving, click('ada'))
      .when(tombstone(clicks, 'ada', { headers: { quiet: '1' } }))
      .then({ state: null })
  })

  it('of several states deletes those that its input has', () => {
    const several = defineWorker({
      name: 'several',
      summary: 'Two states',
      inputs: { products, sales },
      output: priced,
      states: {
        rows: { schema: z.boolean(), initial: null, key: { products: ({ product }) => product } },
        sold: { schema: z.int(), initial: 0, key: { sales: ({ product }) => product, products: ({ product }) => product } }, // prettier-ignore
      },
      on: {
        products: ({ is_new }) => ({ state: { rows: is_new } }),
        sales: (_, { sold }) => ({ state: { sold: sold + 1 } }),
      },
      onNull: { products: 'delete' },
    })
    const before = [event(products, { product: 'a', is_new: true }), event(sales, { id: 1, product: 'a' })]
    given(several, ...before)
      .when(tombstone(products, 'a'))
      .then({ state: { rows: null, sold: 0 } })
  })
})

describe('a definition of null values is refused', () => {
  const refused = (more: object): string => {
    try {
      ownWorker({ ...deleting, ...more }, './joined.js', [])
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }

  it.each([
    [{ onNull: { products: 'remove' } }, 'onNull.products of worker joined must be "delete", "ignore" or a step, not "remove"'], // prettier-ignore
    [{ onNull: { rows: 'delete' } }, 'onNull.rows of worker joined is for no input'],
    [{ onNull: 'delete' }, 'onNull of worker joined must be { sales, products }: '],
    [{ onNull: { products: async () => Promise.resolve() } }, 'onNull.products is async: a step is a plain function'],
    [{ partitionBy: { products: () => 'x' } }, "onNull.products of worker joined: a null value lies by its record's key, and partitionBy.products cannot be asked"], // prettier-ignore
    [{ state: undefined }, 'onNull.products of worker joined is "delete", and that input has no state'],
  ])('%j', (more, message) => {
    expect(refused(more)).toContain(message)
  })

  it('and is taken where it says what can be', () => {
    expect(refused({})).toBe('')
    expect(refused({ onNull: { sales: 'ignore' }, partitionBy: { sales: () => 'x' } })).toBe('')
  })
})
