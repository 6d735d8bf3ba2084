import { expect, test } from 'vitest'
import { Figures } from '../../../../src/app/metrics/figures.ts'
import type { FamilyName } from '../../../../src/app/metrics/families.ts'
import { EventFigures } from '../../../../src/app/metrics/from-events.ts'
import { aggregatedRevenueWorker } from '../../../../src/pipeline/workers/aggregated-revenue.ts'
import type { WorkerEvent } from '../../../../src/runtime/events.ts'

const WORKER = 'aggregated-revenue'
const at = { worker: WORKER, partition: 0 }
const committed = { kind: 'committed', ...at, processed: 10, emitted: 8, deadLetters: 1, strays: 1, consumed: { orders: 10 }, processMs: 4, ageMs: 250, state: { store: 'memory', keys: 5, bytes: 100 } } as const // prettier-ignore

function after(...events: WorkerEvent[]): (name: FamilyName, labels?: object) => number | undefined {
  const figures = new Figures()
  const from = new EventFigures(figures, [aggregatedRevenueWorker])
  for (const event of events) from.onEvent(event)
  from.refresh()
  return (name, labels = {}) => figures.of(name).find((series) => Object.entries(labels).every(([label, value]) => series.labels[label] === value))?.value // prettier-ignore
}

test('what a commit says is counted by topic', () => {
  const value = after(committed, committed)
  expect(value('payflow_records_consumed_total', { topic: 'orders' })).toBe(20)
  expect(value('payflow_records_produced_total', { topic: 'aggregated_revenue' })).toBe(16)
  expect(value('payflow_records_produced_total', { topic: 'dead_letters' })).toBe(2)
  expect(value('payflow_records_produced_total', { topic: 'payflow-aggregated-revenue-inbox' })).toBe(2)
  expect(value('payflow_strays_total')).toBe(2)
  expect(value('payflow_record_e2e_latency_seconds')).toBeCloseTo(0.5)
  expect(value('payflow_process_duration_seconds')).toBeCloseTo(0.008)
  expect(value('payflow_state_keys', { partition: 0 })).toBe(5)
  expect(value('payflow_state_bytes', { partition: 0 })).toBe(100)
})

test('a state is in one place: what moves to disk is not counted in memory any more', () => {
  const value = after(committed, { ...committed, state: { store: 'disk', keys: 6, bytes: 120 } })
  expect(value('payflow_state_keys', { store: 'disk' })).toBe(6)
  expect(value('payflow_state_bytes', { store: 'disk' })).toBe(120)
  expect(value('payflow_state_keys', { store: 'memory' })).toBeUndefined()
  expect(value('payflow_state_bytes', { store: 'memory' })).toBeUndefined()
})

test('what has never happened is 0, not absent: the first of its kind is an increase', () => {
  const value = after()
  expect(value('payflow_transactions_total', { result: 'unknown' })).toBe(0)
  expect(value('payflow_dead_letters_total', { reason: 'not_json' })).toBe(0)
  expect(value('payflow_stalls_total')).toBe(0)
  expect(value('payflow_tasks', { state: 'running' })).toBe(0)
})

test('dead letters are counted by why', () => {
  const value = after({ kind: 'dead-letter', ...at, records: 3, reasons: { not_json: 2, missing: 1 } })
  expect(value('payflow_dead_letters_total', { reason: 'not_json' })).toBe(2)
  expect(value('payflow_dead_letters_total', { reason: 'missing' })).toBe(1)
})

test('each partition is in one phase, and in none once it is revoked', () => {
  const moves = [['created', 'fencing'], ['fencing', 'seeking'], ['seeking', 'restoring'], ['restoring', 'running']] as const // prettier-ignore
  const phases = moves.map(([from, to]): WorkerEvent => ({ kind: 'phase', ...at, from, to }))
  const running = after(...phases, committed)
  expect(running('payflow_tasks', { state: 'running' })).toBe(1)
  expect(running('payflow_tasks', { state: 'restoring' })).toBe(0)
  const gone = after(...phases, committed, { kind: 'phase', ...at, from: 'running', to: 'revoked' })
  expect(gone('payflow_tasks', { state: 'running' })).toBe(0)
  expect(gone('payflow_state_keys')).toBeUndefined()
  expect(gone('payflow_restore_remaining_records')).toBeUndefined()
})

test('a restore counts each offset once, and what remains falls to 0', () => {
  const restoring = (done: number): WorkerEvent => ({ kind: 'restoring', ...at, done, total: 100 })
  const half = after({ kind: 'phase', ...at, from: 'seeking', to: 'restoring' }, restoring(20), restoring(50))
  expect(half('payflow_restore_records_total')).toBe(50)
  expect(half('payflow_restore_remaining_records')).toBe(50)
})

test('why tasks began again is one of a few words', () => {
  const cause = { error: 'x' }
  const value = after({ kind: 'fenced', ...at, cause }, { kind: 'aborted', ...at, reason: 'connection', cause })
  expect(value('payflow_task_restarts_total', { reason: 'fenced' })).toBe(1)
  expect(value('payflow_task_restarts_total', { reason: 'connection' })).toBe(1)
})

test('the age of an open transaction is there while records wait for it', () => {
  const place = { worker: WORKER, topic: 'orders', partition: 1 }
  const transaction = { producerId: '1', since: Date.now() - 30_000 }
  const waiting: WorkerEvent = { kind: 'waiting', ...place, records: 2, seconds: 5, transaction }
  expect(after(waiting)('payflow_open_transaction_age_seconds', place)).toBeCloseTo(30, 0)
  expect(after(waiting, { kind: 'waiting-over', ...place, seconds: 6 })('payflow_open_transaction_age_seconds')).toBeUndefined() // prettier-ignore
})

test('a transaction counts once, however many partitions it is about', () => {
  const value = after({
    kind: 'transaction',
    worker: WORKER,
    result: 'committed',
    partitions: [0, 1, 2],
    records: 30,
    ms: 12,
  })
  expect(value('payflow_transactions_total', { result: 'committed' })).toBe(1)
  expect(value('payflow_transaction_duration_seconds', { result: 'committed' })).toBeCloseTo(0.012)
  expect(value('payflow_transaction_records')).toBe(30)
})
