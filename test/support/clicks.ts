import * as payflow from '../../src/index.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'

const { defineTopic, defineWorker, expectedTotals, integer, nullable, table, text, z } = payflow

const clicks = defineTopic('clicks', { page: text() })
const counts = defineTopic('counts', { visitor: text(), clicks: integer(1) }, { key: ({ visitor }) => visitor })

/** Clicks per visitor, who is named by the key of the record alone. */
export const perVisitor: AnyWorker = {
  ...defineWorker({
    name: 'per-visitor',
    summary: 'Clicks per visitor',
    inputs: { clicks },
    output: counts,
    state: { schema: z.int(), initial: 0, key: { clicks: (_, { key }) => key } },
    on: { clicks: (_, count, __, { key }) => ({ state: count + 1, emit: [{ visitor: key!, clicks: count + 1 }] }) },
    audit: expectedTotals(['clicks'], () => {
      const sums = new Map<string, number>()
      return {
        input: ({ key }) => {
          sums.set(key!, (sums.get(key!) ?? 0) + 1)
          return [key!]
        },
        events: () => [...sums].map(([visitor, of]) => ({ visitor, clicks: of })),
      }
    }),
  }),
  file: './per-visitor.js',
}

const names = defineTopic('names', { visitor: text(), name: text() }, { key: ({ visitor }) => visitor })
const greeted = defineTopic('greeted', { visitor: text(), name: nullable(text()) }, { key: ({ visitor }) => visitor })
const visits = defineTopic('visits', { visitor: text() })
const { schema, newest } = table(names)

/** Visits with the visitor's name, while there is one. */
export const greeting: AnyWorker = {
  ...defineWorker({
    name: 'greeting',
    summary: 'Visits with names',
    inputs: { names, visits },
    output: greeted,
    state: { schema, initial: null, key: { names: ({ visitor }) => visitor, visits: ({ visitor }) => visitor } },
    on: { names: newest, visits: ({ visitor }, row) => ({ emit: [{ visitor, name: row?.name ?? null }] }) },
    onNull: { names: 'delete' },
    // of names that all come before the first visit, and are not given again once they have gone
    audit: expectedTotals(['names', 'visits'], () => {
      const known = new Map<string, string>()
      const gone = new Set<string>()
      const visitors = new Set<string>()
      return {
        input: ({ alias, event, key }) => {
          if (event === null) gone.add(key!)
          else if (alias === 'names') known.set(key!, (event as { name: string }).name)
          else visitors.add((event as { visitor: string }).visitor)
          return alias === 'visits' ? [(event as { visitor: string }).visitor] : undefined
        },
        events: () => [...visitors].map((visitor) => ({ visitor, name: gone.has(visitor) ? null : (known.get(visitor) ?? null) })), // prettier-ignore
      }
    }),
  }),
  file: './greeting.js',
}
