import { expect, test } from 'vitest'
import type { WorkerEvent } from '../../../../src/runtime/events.ts'
import { eventMessage, parseWorkerMessage, summaryMessage } from '../../../../src/app/workers/messages.ts'

const event: WorkerEvent = { kind: 'assigned', worker: 'a', partitions: [0], generation: 1 }

test('what a worker tells arrives as it was told', () => {
  const summary = { worker: 'a', processed: 1, emitted: 1, deadLetters: 0, seconds: 0.5 }
  expect(parseWorkerMessage(eventMessage(event))).toEqual({ version: 1, type: 'event', event })
  expect(parseWorkerMessage(summaryMessage(summary))).toEqual({ version: 1, type: 'summary', summary })
})

test.each([
  ['another version', { ...eventMessage(event), version: 2 }],
  ['a kind that is not known', { version: 1, type: 'event', event: { ...event, kind: 'exploded' } }],
  ['a field of another type', { version: 1, type: 'event', event: { ...event, partitions: 'all' } }],
  ['something else', 'begin'],
])('%s is not believed', (_, message) => {
  expect(parseWorkerMessage(message)).toMatchObject({ type: 'unreadable' })
})
