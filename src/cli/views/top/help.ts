import type { Palette } from '../../shell/output.ts'

const keys = [
  ['up, down, j, k', 'choose a row'],
  ['enter, right', 'open it: a worker, one of its partitions, its newest records'],
  ['esc, left', 'back; at the top: show all rows again'],
  ['/', 'only rows that match a regular expression; !text: the others'],
  ['s', 'sort by: worst, lag, behind, rate, name'],
  ['+ and -', 'look less often, more often'],
  ['p, space', 'pause'],
  ['Ctrl-Z', 'stop for a while; `fg` goes on'],
  ['q', 'leave'],
] as const

const columns = [
  ['LAG', 'records that are committed and not processed yet'],
  ['BEHIND', 'age of the oldest of them'],
  ['TREND', 'lag over the last minute, and which way it goes'],
  ['ETA', 'until it is caught up, at this pace'],
  ['REC/S', 'records processed a second'],
  ['SKEW', 'the partition that has most of the lag, and its share'],
  ['STATE', 'running, and of how many partitions; what is left to restore'],
  ['RST', 'times that its process was started again'],
] as const

/** All keys and columns. */
export const helpLines = ({ dim, bold }: Palette): string[] => [
  bold('Keys'),
  ...keys.map(([key, does]) => `  ${key.padEnd(16)}${does}`),
  bold('Columns'),
  ...columns.map(([name, says]) => `  ${name.padEnd(16)}${says}`),
  dim('Any key closes this. – is not known, which is not 0.'),
]
