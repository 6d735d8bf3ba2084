import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bigint, defineTopic, defineWorker, epochMillis, event, integer, nullable, table, text } from '../../../../src/index.ts' // prettier-ignore
import { Fold } from '../../../../src/pipeline/testing/fold.ts'

const products = defineTopic('products', { product: text(), price: integer(0), at: epochMillis() }, { timeOf: ({ at }) => at }) // prettier-ignore
const sales = defineTopic('sales', { id: integer(0), product: text() })
const priced = defineTopic('priced', { id: integer(0), price: nullable(integer(0)) }, { key: ({ id }) => String(id) })
const { schema, newest } = table(products)

/** Sales meet their products by a foreign key. */
const pricing = defineWorker({
  name: 'pricing',
  summary: 'Sales with the price of their product',
  inputs: { sales, products },
  output: priced,
  state: { schema, initial: null, key: { sales: ({ product }) => product, products: ({ product }) => product } },
  on: {
    products: newest,
    sales: ({ id }, product) => ({ emit: [{ id, price: product?.price ?? null }] }),
  },
})

const name = fc.constantFrom('a', 'b', 'c')
const history = fc.array(
  fc.oneof(
    fc.record({ product: name, price: fc.nat(1_000), at: fc.nat(20) }).map((row) => event(products, row)),
    fc.record({ product: name }).map((sale) => event(sales, { ...sale, id: 0 })),
  ),
  { maxLength: 40 },
)

describe('a table', () => {
  it('has of each key the newest row by its time, and of those of one time the last: events of another input meet it by a foreign key', () => {
    fc.assert(
      fc.property(history, (all) => {
        const fold = new Fold(pricing)
        const rows: { product: string; price: number; at: number }[] = []
        const expected: (number | null)[] = []
        for (const happening of all) {
          if (happening.topic === products) rows.push(happening.event as (typeof rows)[number])
          else {
            const { product } = happening.event as { product: string }
            const ofIt = rows.filter((row) => row.product === product)
            const latest = Math.max(...ofIt.map(({ at }) => at))
            expected.push(ofIt.findLast(({ at }) => at === latest)?.price ?? null)
          }
          fold.process(happening)
        }
        expect(fold.emitted.map((each) => (each as { price: number | null }).price)).toEqual(expected)
        expect(fold.rejected).toEqual([])
      }),
    )
  })

  it('of a topic without times has the row that came last', () => {
    const plain = table(sales)
    expect(plain.newest({ id: 2, product: 'a' }, { id: 3, product: 'a' })).toEqual({ state: { id: 2, product: 'a' } })
  })

  it('restores only rows that are events of its topic', () => {
    const row = { product: 'a', price: 1, at: 5 }
    expect(schema.safeParse(row)).toEqual({ success: true, data: row })
    for (const wrong of [null, 7, { ...row, price: -1 }, { ...row, more: 1 }, { product: 'a', price: 1 }])
      expect(schema.safeParse(wrong).success).toBe(false)
  })

  it('is refused of a topic with a field that state cannot hold', () => {
    expect(() => table(defineTopic('wide', { id: bigint() }))).toThrow('Topic wide cannot be a table: it has a bigint field, which state cannot hold') // prettier-ignore
  })
})
