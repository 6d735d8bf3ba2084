import { expect } from 'vitest'
import { audit } from '../../src/app/audit/audit.ts'
import type { WorkerAudit } from '../../src/app/audit/worker-audit.ts'
import * as payflow from '../../src/index.ts'
import type { RuleOf } from '../../src/pipeline/audit/rule.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import itemsPerCurrency from './items-per-currency.mjs'
import { client } from './isolated.ts'
import { readAll, type ReadRecord } from './records.ts'

/** As somebody wrote it who is not payflow. */
export const itemsWorker: AnyWorker = {
  ...itemsPerCurrency(payflow),
  file: new URL('./items-per-currency.mjs', import.meta.url).href,
}

const currencies = ['EUR', 'USD', 'GBP', 'JPY', 'CHF', 'SEK', 'BRL', 'ZAR', 'złoty', '']
const startMs = Date.UTC(2026, 0, 1)

const saleAt = (i: number) => ({ id: `sale-${i}`, currency: currencies[(i * 7) % currencies.length]!, items: 1 + (i % 5), timestamp: new Date(startMs + i * 10).toISOString() }) // prettier-ignore

/** Sales keyed by their ids: those of a currency lie in all partitions. */
export const saleMessages = (from: number, to: number): { key: string; value: string }[] =>
  Array.from({ length: to - from }, (_, i) => ({ key: `sale-${from + i}`, value: JSON.stringify(saleAt(from + i)) }))

/** Of the first `count` sales: after each sale of a currency its sums, which differ from all others of that currency. */
function lastSums(count: number): Map<string, { items: number; sales: number }> {
  const sums = new Map<string, { items: number; sales: number }>()
  for (let i = 0; i < count; i++) {
    const { currency, items } = saleAt(i)
    const sum = sums.get(currency) ?? { items: 0, sales: 0 }
    sums.set(currency, { items: sum.items + items, sales: sum.sales + 1 })
  }
  return sums
}

/** Each currency's sums rise by one sale at a time, without a gap, in one partition, and end where they must. */
export async function expectRightSums(brokers: readonly string[], output: string, count: number): Promise<void> {
  const byKey = new Map<string, ReadRecord[]>()
  for (const record of await readAll(brokers, output))
    byKey.set(record.key ?? '', [...(byKey.get(record.key ?? '') ?? []), record])
  const expected = lastSums(count)
  expect([...byKey.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [key, records] of byKey) {
    const sums = records.map(({ value }) => JSON.parse(value!) as { currency: string; items: number; sales: number })
    expect(sums.map(({ sales }) => sales)).toEqual(Array.from(sums, (_, i) => i + 1))
    expect(sums.at(-1)).toEqual({ currency: key, ...expected.get(key) })
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(1)
  }
}

/** Of the worker by the rule in its own definition. */
export async function auditOf(worker: AnyWorker): Promise<WorkerAudit> {
  const report = await audit(client(), [{ worker, options: {}, rule: worker.audit as RuleOf }], {
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  return report.workers[0]!
}
