import { expect, test } from 'vitest'
import type { OrderStep } from '../../../../src/app/dashboard/model.ts'
import type { Trace } from '../../../../src/app/trace/trace.ts'
import { traceLines } from '../../../../src/cli/views/trace-view.ts'

const same = (text: string): string => text
const palette = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }
const at = Date.parse('2026-11-26T11:03:04.129Z')
const step = (topic: string, offset: number, afterMs: number, writer: string): OrderStep =>
  ({ topic, partition: 0, offset, atMs: at + afterMs, sinceOrderMs: afterMs, writer, key: '80', value: `{"order_id":"967807e5-22c8-41e5-8bb3-305374e50d03"}` }) // prettier-ignore
const trace = (records: readonly OrderStep[]): Trace =>
  ({ orderId: 'o', paymentId: null, userId: 80, records, findings: [], searched: [], ms: 9, outcome: 'PAID', outOfTime: false }) as unknown as Trace // prettier-ignore
const steps = [step('orders', 5_246, 0, 'produce orders'), step('frequent_failed_payments', 1_173, 1_468, 'frequent-failed-payments')] // prettier-ignore

test('on 80 columns a step of an order has its time, its place and its writer whole; the day stands above all', () => {
  const all = traceLines(trace(steps), { width: 80, palette })
  expect(all[1]).toBe('2026-11-26')
  expect(all[3]).toMatch(/^written \(UTC\) {2}after order {2}where +by /)
  expect(all[5]).toMatch(/^11:03:05\.597 +\+1,468 ms {2}frequent_failed_payments\/0@1173 {2}frequent-/)
  for (const line of all) expect(line.length, line).toBeLessThanOrEqual(80)
})

test('an order of two days has the day in each line, as everything has where there is room', () => {
  const [, , , first] = traceLines(trace([...steps, step('order_status', 1, 86_400_000, 'process-payments')]), { width: 80, palette }) // prettier-ignore
  expect(first).toMatch(/^2026-11-26T11:03:04\.129Z /)
  const wide = traceLines(trace(steps), { width: 200, palette })
  expect(wide[2]).toMatch(/^written +after order +step +where +by +record$/)
  expect(wide[4]).toMatch(
    /^2026-11-26T11:03:05\.597Z +\+1,468 ms +\+1,468 ms .* \{"order_id":"967807e5-22c8-41e5-8bb3-305374e50d03"\}$/,
  )
})
