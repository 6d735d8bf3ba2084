import { describe, expect, test } from 'vitest'
import { readTarget } from '../../../../src/app/group-reset/target.ts'

const now = Date.UTC(2026, 0, 1, 12)

describe('where a group is to stand', () => {
  test.each([
    ['start', { kind: 'start' }],
    ['end', { kind: 'end' }],
    ['0', { kind: 'offset', offset: 0 }],
    ['4711', { kind: 'offset', offset: 4711 }],
    ['+12', { kind: 'shift', by: 12 }],
    ['-12', { kind: 'shift', by: -12 }],
    ['@-10m', { kind: 'time', ms: now - 600_000 }],
    ['@2026-01-01T00:00:00Z', { kind: 'time', ms: Date.UTC(2026, 0, 1) }],
    ['@2026-01-01T01:00+01:00', { kind: 'time', ms: Date.UTC(2026, 0, 1) }],
  ])('%s', (text, target) => {
    expect(readTarget(text, now)).toEqual(target)
  })

  test.each(['', 'begin', '1.5', '+', '-', '--1', '@', '@10m', '@2026-01-01', '@-10', '99999999999999999999'])(
    '%j is refused, with what is allowed',
    (text) => {
      expect(() => readTarget(text, now)).toThrow(
        expect.objectContaining({ kind: 'usage', hint: expect.stringContaining('start, end') as string }) as Error,
      )
    },
  )
})
