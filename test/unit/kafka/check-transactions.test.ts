import { expect, test } from 'vitest'
import { judgeTransaction, type HeldPartition } from '../../../src/kafka/check-transactions.ts'

const nowMs = Date.UTC(2026, 0, 1, 12)
const at = (more: Partial<HeldPartition['transaction']> = {}): HeldPartition => ({
  topic: 'orders',
  partition: 1,
  held: 7,
  transaction: { producerId: '4000', startOffset: 42, transactionalId: 'payflow-large-orders-0', since: nowMs - 20_000, timeoutMs: 60_000, state: 'Ongoing', ...more }, // prettier-ignore
})
const judge = (held: HeldPartition, members = 0) => judgeTransaction(held, { nowMs, bootstrap: 'kafka:9092', members })
const ABORT =
  '`kafka-transactions.sh --bootstrap-server kafka:9092 abort --topic orders --partition 1 --start-offset 42`'

test('one that is open for a moment is nothing to speak of', () => {
  expect(judge(at({ since: nowMs - 3_000 }))).toBeUndefined()
})

test('one of a worker that is gone ends at its timeout, or when the worker starts', () => {
  const found = judge(at())!
  expect(found.severity).toBe('warning')
  expect(found.what).toBe('A transaction of payflow-large-orders-0 (producer id 4000) has been open for 20 s')
  expect(found.hint).toBe('it is ended at 2026-01-01T12:00:40.000Z (its timeout is 60 s); sooner: start its worker, which ends it: `payflow worker large-orders`') // prettier-ignore
  expect(found.evidence[0]).toBe('orders/1 from offset 42: 7 offsets that read-committed readers wait for')
})

test('one of somebody else, or of a worker that runs, is aborted with Kafka’s own tool', () => {
  expect(judge(at({ transactionalId: 'shop-1' }))!.hint).toContain(`stop that producer, or ${ABORT}`)
  expect(judge(at(), 1)!.hint).toContain(ABORT)
})

test.each([
  ['that no coordinator knows', at({ transactionalId: undefined, timeoutMs: undefined })],
  ['that its coordinator takes for ended', at({ state: 'CompleteCommit' })],
  ['beyond its timeout', at({ since: nowMs - 120_000 })],
])('one %s hangs, and nothing but an abort ends it', (_, held) => {
  const found = judge(held)!
  expect(found.severity).toBe('error')
  expect(found.what).toMatch(/^A transaction of .* hangs: nothing ends it by itself$/)
  expect(found.hint).toContain(ABORT)
})
