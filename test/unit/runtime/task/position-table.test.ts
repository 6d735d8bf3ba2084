import { describe, expect, test } from 'vitest'
import { decide, type Standing } from '../../../../src/runtime/task/position-table.ts'

/** A log that holds 10 to 200, of which 100 was read last. */
const base = { start: 10, end: 200, stateful: false, isInbox: false } as const
const none = { recorded: undefined, recordedId: undefined, id: 'a' } as const
const same = { recorded: 100, recordedId: 'a', id: 'a' } as const
const recreated = { recorded: 100, recordedId: 'a', id: 'b' } as const
const noIds = { recorded: 100, recordedId: undefined, id: undefined } as const

type Row = [name: string, of: Partial<Standing>, stateless: number | string, stateful: number | string]
const rows: Row[] = [
  ['no offset, no record: a new worker', { ...none }, 10, 10],
  ['an offset, no record', { ...none, committed: 40 }, 40, 'state-lost'],
  ['offset 0 of a whole log, no record', { ...none, committed: 0, start: 0 }, 0, 0],
  ['no offset, the same topic: expired or deleted', { ...same }, 100, 100],
  ['no offset, a new topic', { ...recreated }, 10, 'recreated'],
  ['no offset, a topic without id', { ...noIds }, 'unknown', 'unknown'],
  ['no offset, a topic without id that ends earlier', { ...noIds, end: 50 }, 10, 'recreated'],
  ['no offset, a record of an earlier version', { ...same, recordedId: undefined }, 'unknown', 'unknown'],
  ['no offset, a record that says nothing was read, no ids', { ...noIds, recorded: 0 }, 10, 10],
  ['the same offset, the same topic', { ...same, committed: 100 }, 100, 100],
  ['the same offset, a topic without id', { ...noIds, committed: 100 }, 100, 100],
  ['the same offset, a new topic: it is of the earlier one', { ...recreated, committed: 100 }, 10, 'recreated'],
  ['another offset, the same topic: moved', { ...same, committed: 40 }, 40, 'moved'],
  ['another offset, a topic without id: moved', { ...noIds, committed: 150 }, 150, 'moved'],
  ['another offset, a new topic: put there', { ...recreated, committed: 40 }, 40, 'recreated'],
  ['the start of a new topic: put there', { ...recreated, committed: 10 }, 10, 10],
  ['a new topic, of whose predecessor nothing was read', { ...recreated, recorded: 0 }, 10, 10],
  ['the log’s start, all between is deleted', { ...same, committed: 120, start: 120 }, 120, 120],
  ['the same offset, which retention has deleted', { ...same, committed: 100, start: 120 }, 'out-of-range', 'out-of-range'],
  ['no offset, a recorded one that retention has deleted', { ...same, start: 120 }, 'out-of-range', 'out-of-range'],
  ['the same offset, after the end of the same topic', { ...same, committed: 100, end: 50 }, 'out-of-range', 'out-of-range'],
  ['an offset after the end of a topic without id', { ...noIds, committed: 100, end: 50 }, 'out-of-range', 'out-of-range'],
] // prettier-ignore

const outcome = (standing: Standing): number | string => {
  const decision = decide(standing)
  return 'from' in decision ? decision.from : decision.refusal
}

describe.each(rows)('%s', (_, of, stateless, stateful) => {
  const standing = { committed: undefined, ...base, ...of } as Standing
  test(`without state: ${stateless}`, () => expect(outcome(standing)).toBe(stateless))
  test(`with state: ${stateful}`, () => expect(outcome({ ...standing, stateful: true })).toBe(stateful))
})

test('a new inbox contradicts no state: what is in it was handed over once and for good', () => {
  const inbox = { committed: undefined, ...base, ...recreated, start: 0, stateful: true, isInbox: true }
  expect(decide(inbox)).toEqual({ from: 0 })
  expect(decide({ ...inbox, committed: 100 })).toEqual({ from: 0 })
})
