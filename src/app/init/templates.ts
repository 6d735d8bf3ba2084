/** A worker that runs as it stands: what a user has spent on orders so far. `extension`: with its dot. */
export interface Template {
  readonly name: string
  /** Of the topic that it writes. */
  readonly topic: string
  readonly extension: string
}

const camel = (name: string): string => name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
/** Not every word that names a worker may name a constant. */
const constantOf = (name: string): string => `${camel(name)}Worker`

export const workerCode = ({
  name,
  topic,
}: Omit<
  Template,
  'extension'
>): string => `import { addCents, cents, defineTopic, defineWorker, integer, money, orders, orderTotal, time, z, zodCents } from 'payflow'

const output = defineTopic('${topic}', { user_id: integer(1), spent: money(), orders: integer(1), timestamp: time() })

export default defineWorker({
  name: '${name}',
  summary: 'What each user has spent, and on how many orders',
  inputs: { orders },
  output,
  state: {
    schema: z.object({ spent: zodCents(), orders: z.int() }),
    initial: { spent: cents(0), orders: 0 },
    key: { orders: (order) => String(order.user_id) },
  },
  on: {
    // A pure function: what it is given is frozen, and what it returns is all that happens.
    orders: (order, state) => {
      const spent = addCents(state.spent, orderTotal(order))
      if (spent === undefined) return { reject: 'the sum is more than can be counted exactly' }
      const count = state.orders + 1
      const { user_id, timestamp } = order
      return { state: { spent, orders: count }, emit: [{ user_id, spent, orders: count, timestamp }] }
    },
  },
})
`

export const testCode = ({ name, extension }: Template): string => `import { test } from 'node:test'
import { cents, given, order } from 'payflow'
import ${constantOf(name)} from './${name}${extension}'

const timestamp = Date.UTC(2026, 0, 1)

test('the sum goes on from order to order', () => {
  given(${constantOf(name)}, order({ price: cents(10) }))
    .when(order({ price: cents(2.5), quantity: 2, timestamp }))
    .then({
      emit: [{ user_id: 1, spent: cents(15), orders: 2, timestamp }],
      state: { spent: cents(15), orders: 2 },
    })
})

test('each user has a sum of their own', () => {
  given(${constantOf(name)}, order({ user_id: 1, price: cents(10) }))
    .when(order({ user_id: 2, price: cents(3), timestamp }))
    .then({ emit: [{ user_id: 2, spent: cents(3), orders: 1, timestamp }] })
})
`

/** `commands`: each with what it is for. */
export const readmeText = ({ name, topic, extension }: Template, commands: readonly (readonly [string, string])[]): string => `# ${name}

A worker for payflow: \`${name}${extension}\` reads the topic \`orders\` and writes \`${topic}\`, exactly once.

\`\`\`sh
${aligned(commands).join('\n')}
\`\`\`
` // prettier-ignore

/** Commands, and beside them what they are for. */
export function aligned(commands: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...commands.map(([command]) => command.length))
  return commands.map(([command, why]) => (why === '' ? command : `${command.padEnd(width)}  # ${why}`))
}

export const packageText = ({ name }: Template): string =>
  `${JSON.stringify({ name, private: true, type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`
