/** Items sold per currency: the key of the state is not that of the records. Made of the package, so that the sources and what is built of them serve. */
export default ({ defineTopic, defineWorker, expectedTotals, integer, text, time, z }) =>
  defineWorker({
    name: 'items-per-currency',
    summary: 'Items sold per currency',
    inputs: { sales: defineTopic('sales', { id: text(), currency: text(), items: integer(1), timestamp: time() }) },
    output: defineTopic('items_per_currency', { currency: text(), items: integer(1), sales: integer(1) }, { key: ({ currency }) => currency }), // prettier-ignore
    state: {
      schema: z.object({ items: z.int(), sales: z.int() }),
      initial: { items: 0, sales: 0 },
      key: { sales: ({ currency }) => currency },
    },
    on: {
      sales: ({ currency, items }, state) => {
        const sum = { items: state.items + items, sales: state.sales + 1 }
        return { state: sum, emit: [{ currency, ...sum }] }
      },
    },
    audit: expectedTotals(['sales'], () => {
      const sums = new Map()
      return {
        input: ({ event: { currency, items } }) => {
          const sum = sums.get(currency) ?? { items: 0, sales: 0 }
          sums.set(currency, { items: sum.items + items, sales: sum.sales + 1 })
          return [currency]
        },
        events: () => [...sums].map(([currency, sum]) => ({ currency, ...sum })),
      }
    }),
  })
