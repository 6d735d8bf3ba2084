import { InvalidArgumentError } from 'commander'
import { describe, expect, test } from 'vitest'
import { count, duration, fraction, interval, lines, rate, seed, time } from '../../../../src/cli/shell/parsers.ts'

type Case = readonly [name: string, parse: (text: string) => unknown, good: Record<string, unknown>, bad: string[]]

const cases: readonly Case[] = [
  ['count', count, { 1: 1, 100000: 100_000, '007': 7 }, ['0', '-1', '1.5', '1e3', '', ' 1', '9007199254740993']],
  ['lines', lines, { 0: 0, 1000000: 1_000_000 }, ['1000001', '-1', 'all']],
  ['seed', seed, { 0: 0, 4294967295: 4_294_967_295 }, ['4294967296', '-1', 'abc']],
  ['rate', rate, { max: 'max', 1: 1, '0.5': 0.5, 1000000: 1_000_000, '1e-7': 1e-7 }, ['0', '0.0', '-1', 'abc', 'MAX', '1000000.1', '', '.', '1e9']], // prettier-ignore
  ['fraction', fraction, { 0: 0, 1: 1, '0.15': 0.15, '.5': 0.5, '1e-7': 1e-7 }, ['1.01', '-0.1', '1.', '15%', '']],
  ['duration', duration, { '30s': 30_000, '10m': 600_000, '1h': 3_600_000, '500ms': 500 }, ['0s', '30', '-5s', '1.5s', '5 s', '']], // prettier-ignore
  ['interval', interval, { 0: 0, '0s': 0, '00ms': 0, '5s': 5_000 }, ['0x', '0zz', '5', '-1s', '', 'never']],
  ['time', time, { '2026-01-01T00:00:00Z': Date.UTC(2026, 0, 1), '2026-01-01 00:00:01': Date.UTC(2026, 0, 1, 0, 0, 1) }, ['2026-01-01T00:00:00', 'now', '']], // prettier-ignore
]

describe.each(cases)('%s', (_, parse, good, bad) => {
  test.each(Object.entries(good))('reads %j', (text, value) => {
    expect(parse(text)).toBe(value)
  })

  test.each(bad)('refuses %j and says what is allowed', (text) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError)
    expect(() => parse(text)).toThrow(/^Allowed: .+\.$/)
  })
})
