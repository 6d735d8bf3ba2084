import { expect, test } from 'vitest'
import { refused } from '../../../../src/runtime/task/position-errors.ts'
import type { Refusal, Standing } from '../../../../src/runtime/task/position-table.ts'

const named = {
  spelling: 'sums',
  group: 'payflow-sums',
  stateTopic: 'payflow-sums-state',
  source: { topic: 'orders', partition: 2 },
}
const standing: Standing = { committed: 40, recorded: 100, recordedId: 'a', id: 'a', start: 10, end: 200, stateful: true, isInbox: false } // prettier-ignore
const move = (to: string): string => `payflow groups reset payflow-sums --topic orders --partition 2 --to ${to} --yes`

test.each<[Refusal, number | undefined, Partial<Standing>, string | undefined]>([
  ['moved', 40, {}, move('100')],
  ['state-lost', 40, { recorded: undefined }, undefined],
  ['recreated', undefined, {}, move('start')],
  ['unknown', undefined, {}, move('100')],
  ['out-of-range', 5, { committed: 5 }, move('100')],
  ['out-of-range', 100, { committed: 100, start: 120 }, move('start')],
  ['out-of-range', 900, { committed: 900 }, move('100')],
  ['out-of-range', 900, { committed: 900, recorded: 900 }, undefined],
  ['out-of-range', 900, { committed: 900, recorded: 900, stateful: false }, move('OFFSET')],
])('%s names the figures and each way out', (refusal, at, more, other) => {
  const { message, hint, kind } = refused(refusal, at, { ...standing, ...more }, named)
  expect(kind).toBe('failed')
  expect(message).toContain('orders')
  expect(hint).toContain('`payflow worker reset sums`')
  if (other === undefined) expect(hint).not.toContain('groups reset')
  else expect(hint).toContain(`\`${other}\``)
})
