import { expect, test } from 'vitest'
import { shortNumber, shortTime } from '../../../../../src/cli/views/top/figures.ts'
import { sparkline, symbolsFor } from '../../../../../src/cli/views/top/symbols.ts'

test.each([[0, '0'], [999, '999'], [99_999, '99,999'], [100_000, '100k'], [999_499, '999k'], [999_500, '1.00M'], [12_345_678, '12.3M'], [4e9, '4.00G']])('%d is %s', (value, text) => {
  expect(shortNumber(value)).toBe(text)
  expect(text.length).toBeLessThanOrEqual(7)
}) // prettier-ignore

test.each([[0, '0 s'], [0.31, '0.3 s'], [9.96, '10 s'], [119, '119 s'], [120, '2 min'], [7_200, '2 h'], [200_000, '2 d']])('%d s is %s', (seconds, text) => {
  expect(shortTime(seconds)).toBe(text)
}) // prettier-ignore

test('a sparkline has a slot for each part of a minute, blank where nothing is known, the greatest in each', () => {
  const symbols = symbolsFor({})
  const points = [[10, 4], [58, 1], [59, 8], [60, 0]].map(([second, lag]) => ({ atMs: second! * 1000, lag: lag! }))
  expect(sparkline(points, symbols, 6)).toBe('▅    █')
  expect(sparkline([], symbols, 4)).toBe('    ')
  expect(sparkline([{ atMs: 5, lag: 0 }], symbols, 3)).toBe('  ▁')
  expect(sparkline(points, symbols, 6, { least: 56 })).toBe('▂    ▂')
}) // prettier-ignore

test('what a terminal can show is told by its locale, and by its name', () => {
  expect(symbolsFor({ LC_ALL: 'C', LANG: 'en_US.UTF-8' }).unknown).toBe('-')
  expect(symbolsFor({ LANG: 'C.utf8' }).unknown).toBe('–')
  expect(symbolsFor({ TERM: 'linux', LANG: 'en_US.UTF-8' }).unknown).toBe('-')
})
