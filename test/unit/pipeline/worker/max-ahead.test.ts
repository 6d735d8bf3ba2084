import { describe, expect, it, test } from 'vitest'
import { reasonKind } from '../../../../src/app/dead-letters/dead-letter.ts'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { integer, time } from '../../../../src/pipeline/codec/fields.ts'
import { refusedAsAhead } from '../../../../src/pipeline/worker/max-ahead.ts'
import { ownWorker } from '../../../../src/pipeline/worker/custom.ts'
import { NOON_MS } from '../../../../src/pipeline/testing/events.ts'
import { failedPayments, payments } from '../../../../src/pipeline/events/topics.ts'
import { largeOrdersWorker } from '../../../../src/pipeline/workers/large-orders.ts'

const DAY_MS = 86_400_000

describe('an event that lies further ahead of its record than it may', () => {
  it('is refused, and says by how much it may', () => {
    const reason = (maxAheadMs: number, aheadMs = DAY_MS * 365) => refusedAsAhead(payments, NOON_MS + aheadMs, NOON_MS, maxAheadMs) // prettier-ignore
    expect(reason(DAY_MS)).toBe("timestamp must be at most 1d (--max-ahead) after the record's own time, not 2025-05-01T12:00:00.000Z") // prettier-ignore
    expect(reason(5_400_000)).toMatch(/^timestamp must be at most 90m /)
    expect(reason(1_500)).toMatch(/^timestamp must be at most 1500ms /)
    expect(reason(DAY_MS, DAY_MS)).toBeUndefined()
    expect(reason(DAY_MS, DAY_MS + 1)).toBeDefined()
    expect(reason(0, 1)).toMatch(/at most 0ms/)
    expect(reason(Infinity)).toBeUndefined()
  })

  it('is counted with others of its kind', () => {
    const one = refusedAsAhead(payments, NOON_MS + 400 * DAY_MS, NOON_MS, DAY_MS)!
    expect(reasonKind(one)).toBe("timestamp must be at most 1d (--max-ahead) after the record's own time")
  })

  it.each([-1, 0, NOON_MS / 1000])(
    'is not known of a record whose time is %d: there is none, or it is in seconds',
    (recordMs) => {
      // prettier-ignore
      expect(refusedAsAhead(payments, NOON_MS, recordMs, DAY_MS)).toBeUndefined()
    },
  )

  it('has come in already where payflow’s own workers have written it, whenever they did', () => {
    expect(refusedAsAhead(failedPayments, NOON_MS + 400 * DAY_MS, NOON_MS, DAY_MS)).toBeUndefined()
  })

  it('is named by its field, if that is the one that says when it happened', () => {
    const visits = defineTopic('visits', { user_id: integer(1), at: time() }, { timeOf: ({ at }) => at })
    expect(refusedAsAhead(visits, NOON_MS + 400 * DAY_MS, NOON_MS, DAY_MS)).toMatch(/^its time must be at most 1d/)
    expect(refusedAsAhead(visits, undefined, NOON_MS, DAY_MS)).toBeUndefined()
  })
})

test.each([
  ['maxAhead', '--far <x>'],
  ['far', '--max-ahead <x>'],
])('a custom worker cannot have the option that every worker has: %s %s', (key, flag) => {
  const option = { flag, description: 'd', default: '1', parse: Number }
  const output = defineTopic('mine', { user_id: integer(1) })
  const definition = { ...largeOrdersWorker, name: 'mine', output, options: { [key]: option } }
  expect(() => ownWorker(definition, 'mine.mjs', [])).toThrow(/: every worker has --max-ahead$/)
})
