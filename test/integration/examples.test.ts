import { expect, test } from 'vitest'
import fraudScore from '../../examples/fraud-score.js'
import itemsPerCurrency from '../../examples/items-per-currency.js'
import ordersWithVat from '../../examples/orders-with-vat.js'
import { partitionOf } from '../../src/kafka/partitioner.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { brokers } from '../support/broker.ts'
import { countryMessage, countryRows, foreignOrders, orderMessage, ordersThatEndSessions, type CountryRow, type ForeignOrder } from '../support/foreign-orders.ts' // prettier-ignore
import { isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'

const PARTITIONS = 5
const MINUTE = 60_000

/** As the file says it, under its own name. */
const example = (worker: unknown, file: string): AnyWorker => ({ ...(worker as AnyWorker), file: `./examples/${file}` })

const numbers = (of: readonly ForeignOrder[]) => of.map(({ quantities, cents }) => [quantities.reduce((a, b) => a + b), cents] as const) // prettier-ignore
const sums = (of: readonly (readonly number[])[]): number[][] => of.map((_, n) => [0, 1].map((i) => of.slice(0, n + 1).reduce((sum, each) => sum + each[i]!, 0))) // prettier-ignore
const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort()

type Row = Record<string, string | number | boolean | null>

async function parsed(topic: string): Promise<(Row & { readonly key: string })[]> {
  const records = await readAll(brokers(), topic)
  for (const { key, partition } of records) expect(partition).toBe(partitionOf(key!, PARTITIONS))
  return records.map(({ key, value }) => ({ ...(JSON.parse(value!) as Row), key: key! })) // prettier-ignore
}

/** Each sum follows from the one before by one order that is not cancelled, and each such order is in one of them. */
async function expectItems(topic: string, all: readonly ForeignOrder[]): Promise<void> {
  const found = await parsed(topic)
  const sold = all.filter(({ status }) => status !== 'cancelled')
  expect(found).toHaveLength(sold.length)
  for (const currency of ['USD', 'EUR', 'GBP']) {
    const ofIt = found.filter(({ key }) => key === currency)
    expect(ofIt.every((row) => row['currency'] === currency)).toBe(true)
    expect(ofIt.map(({ orders }) => orders)).toEqual(ofIt.map((_, n) => n + 1))
    const totals = ofIt.map(({ items, revenue }) => [Number(items), Math.round(Number(revenue) * 100)])
    const steps = totals.map(([items, cents], n) => [items! - (totals[n - 1]?.[0] ?? 0), cents! - (totals[n - 1]?.[1] ?? 0)]) // prettier-ignore
    const expected = numbers(sold.filter((order) => order.currency === currency))
    expect(sorted(steps)).toEqual(sorted(expected))
    expect(totals.at(-1)).toEqual(sums(expected).at(-1))
  }
}

/** What the sessions of all customers are, by sorting and cutting; those that have not ended by `untilMs` are left out. */
function scores(all: readonly ForeignOrder[], untilMs: number): object[] {
  const found: object[] = []
  for (const customer_email of new Set(all.map((order) => order.customer_email))) {
    const ofIt = all.filter((order) => order.customer_email === customer_email).sort((a, b) => a.created_at - b.created_at) // prettier-ignore
    const cuts = ofIt.flatMap(({ created_at }, n) => (n === 0 || created_at - ofIt[n - 1]!.created_at > MINUTE ? [n] : [])) // prettier-ignore
    for (const [i, from] of cuts.entries()) {
      const burst = ofIt.slice(from, cuts[i + 1])
      const [start, end] = [burst[0]!.created_at, burst.at(-1)!.created_at]
      const largest = Math.max(...burst.map(({ cents }) => cents))
      let score = Math.min(burst.length - 1, 2) * 25
      if (largest > 150_000) score += 10
      if (new Set(burst.map(({ currency }) => currency)).size > 1) score += 15
      if (new Set(burst.map(({ country }) => country)).size > 1) score += 25
      if (score >= 10 && end + 6 * MINUTE < untilMs) found.push({ customer_email, start, end, orders: burst.length, largest: largest / 100, score, key: customer_email }) // prettier-ignore
    }
  }
  return found
}

const withVat = (of: readonly ForeignOrder[], rows: readonly CountryRow[]): object[] =>
  of.map(({ order_id, country, cents }) => {
    const row = rows.find((each) => each.country === country)
    const vat = row ? Number((BigInt(cents) * BigInt(row.tenths) + 500n) / 1_000n) / 100 : null
    return { order_id, country, is_eu: row?.is_eu ?? null, net: cents / 100, vat, key: order_id }
  })

test('the three examples are right, record for record, over orders of another program that lie anywhere', async () => {
  const vat = await isolated(example(ordersWithVat, 'orders-with-vat.js'), { partitions: PARTITIONS })
  const fraud = await isolated(example(fraudScore, 'fraud-score.js'), { partitions: PARTITIONS })
  const items = await isolated(example(itemsPerCurrency, 'items-per-currency.js'), { partitions: PARTITIONS })
  const { orders } = vat.worker.inputs
  const workers = [vat.worker, ...[fraud, items].map(({ worker }) => ({ ...worker, inputs: { orders: orders! } }))]
  const write = async (rows: readonly CountryRow[], at: number, of: readonly ForeignOrder[]) => {
    await writeAll(
      brokers(),
      vat.topicOf('countries'),
      rows.map((row) => countryMessage(row, at)),
    )
    await writeAll(brokers(), vat.topicOf('orders'), of.map(orderMessage))
    return runUntilCaughtUp(workers)
  }

  const early = foreignOrders(0, 600, [0, 5])
  const summaries = await write(countryRows(0), -1, early)
  expect(summaries.map(({ deadLetters }) => deadLetters)).toEqual([0, 0, 0])
  const late = foreignOrders(600, 900, [5.5, 10])
  await write(countryRows(1), 5.2 * MINUTE, late)
  const last = ordersThatEndSessions(900, PARTITIONS)
  // rows that come late, and are older than those that are there, change nothing
  await write(countryRows(2), 5.1 * MINUTE, last)

  const all = [...early, ...late, ...last]
  await expectItems(items.output, all)
  const burstsFound = await parsed(fraud.output)
  expect(sorted(burstsFound)).toEqual(sorted(scores(all, last[0]!.created_at)))
  expect(new Set(burstsFound.map(({ score }) => score)).size).toBeGreaterThan(5)
  expect(sorted(await parsed(vat.output))).toEqual(sorted([...withVat(early, countryRows(0)), ...withVat([...late, ...last], countryRows(1))])) // prettier-ignore
})
