import { expect, test } from 'vitest'
import { logEvent } from '../../../src/runtime/event-entry.ts'
import type { WorkerEvent } from '../../../src/runtime/events.ts'
import { recordedLog, type LogEntry } from '../../support/recorded-log.ts'

function entryOf(event: WorkerEvent): LogEntry {
  const { log, entries } = recordedLog()
  logEvent(log, event)
  return entries[0]!
}
const at = { worker: 'w', partition: 1 }

test('an event is one entry: its kind, where it happened, and what it says', () => {
  const entry = entryOf({ kind: 'aborted', ...at, epoch: 2, reason: 'connection', cause: { code: 7, error: 'timed out' } }) // prettier-ignore
  expect(entry).toEqual({ level: 'warn', event: 'aborted', ...at, epoch: 2, reason: 'connection', code: 7, error: 'timed out' }) // prettier-ignore
  expect(Object.keys(entry).slice(2, 4)).toEqual(['worker', 'partition'])
})

test('what is nested has names with a dot', () => {
  expect(entryOf({ kind: 'dead-letter', ...at, records: 3, reasons: { not_json: 2, missing: 1 } })).toEqual({ level: 'warn', event: 'dead-letter', ...at, records: 3, 'reasons.not_json': 2, 'reasons.missing': 1 }) // prettier-ignore
})

test('a trouble says what is wrong and what to do', () => {
  const trouble = { code: 'connection' as const, brokers: ['kafka:9092'], error: 'refused' }
  expect(entryOf({ kind: 'stalled', ...at, seconds: 30, trouble })).toMatchObject({ level: 'error', event: 'stalled', seconds: 30, error: expect.stringContaining('kafka:9092') as string, hint: expect.any(String) as string }) // prettier-ignore
})

test('a warning has its fields', () => {
  expect(entryOf({ kind: 'warning', worker: 'w', code: 'cluster-setting', fields: { what: 'x', hint: 'y' } })).toEqual({ level: 'warn', event: 'warning', worker: 'w', partition: undefined, code: 'cluster-setting', what: 'x', hint: 'y' }) // prettier-ignore
})
