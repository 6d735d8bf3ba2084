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
const move = (to: string): string =>
  `kafka-consumer-groups.sh --bootstrap-server HOST:PORT --group payflow-sums --topic orders:2 --reset-offsets ${to} --execute`

test.each<[Refusal, number | undefined, Partial<Standing>, string | undefined]>([
  ['moved', 40, {}, move('--to-offset 100')],
  ['state-lost', 40, { recorded: undefined }, undefined],
  ['recreated', undefined, {}, move('--to-earliest')],
  ['unknown', undefined, {}, move('--to-offset 100')],
  ['out-of-range', 5, { committed: 5 }, move('--to-offset 100')],
  ['out-of-range', 100, { committed: 100, start: 120 }, move('--to-earliest')],
  ['out-of-range', 900, { committed: 900 }, move('--to-offset 100')],
  ['out-of-range', 900, { committed: 900, recorded: 900 }, undefined],
  ['out-of-range', 900, { committed: 900, recorded: 900, stateful: false }, move('--to-offset N')],
])('%s names the figures and each way out', (refusal, at, more, other) => {
  const { message, hint, kind } = refused(refusal, at, { ...standing, ...more }, named)
  expect(kind).toBe('failed')
  expect(message).toContain('orders')
  expect(hint).toContain('`payflow worker reset sums`')
  if (other === undefined) expect(hint).not.toContain('kafka-consumer-groups')
  else expect(hint).toContain(`\`${other}\``)
})
