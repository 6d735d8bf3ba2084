import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { compared, comparedWithLast } from '../../../src/app/phase-times.ts'
import { noLog } from '../../../src/log.ts'

const times = (phases: Record<string, number>, causes: Record<string, string[]> = {}) => ({ phases, causes })

test.each([
  [
    'slower, and why',
    { brokers: 3 },
    { brokers: 7 },
    { brokers: ['jars were fetched'] },
    ['brokers 4.0 s slower than last time (7.0 s, then 3.0 s): jars were fetched'],
  ],
  [
    'slower, nobody knows why',
    { topics: 0.5 },
    { topics: 3.5 },
    {},
    ['topics 3.0 s slower than last time (3.5 s, then 0.5 s)'],
  ],
  ['less than a second is nothing', { brokers: 3 }, { brokers: 3.9 }, {}, []],
  ['a small part of a long phase is nothing', { brokers: 40 }, { brokers: 45 }, {}, []],
  ['faster is not worth a line', { brokers: 7 }, { brokers: 3 }, {}, []],
  ['a phase that was not there', {}, { ksql: 30 }, {}, []],
] as const)('%s', (_, before, now, causes, lines) => {
  expect(compared(times(before), { phases: now, causes })).toEqual(lines)
})

test('faster is, where it is known why the last one took so long', () => {
  expect(compared(times({ brokers: 41 }, { brokers: ['jars were fetched'] }), times({ brokers: 3 }))).toEqual([
    'brokers 38.0 s faster than last time (3.0 s, then 41.0 s): jars were fetched then',
  ])
})

test('times are kept in the home for each kind of run, and a phase that was left out keeps its last one', () => {
  const home = mkdtempSync(join(tmpdir(), 'payflow-times-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const run = (kind: string, phases: Record<string, number>) => comparedWithLast(home, kind, times(phases), noLog)
  expect(run('all', { brokers: 3, topics: 1 })).toEqual([])
  expect(run('infra up', { brokers: 30 })).toEqual([])
  expect(run('all', { topics: 1 })).toEqual([])
  expect(run('all', { brokers: 9, topics: 1 })).toEqual(['brokers 6.0 s slower than last time (9.0 s, then 3.0 s)'])
  writeFileSync(join(home, 'phase-times.json'), 'damaged')
  expect(run('all', { brokers: 30 })).toEqual([])
  expect(run('all', { brokers: 40 })).toEqual(['brokers 10.0 s slower than last time (40.0 s, then 30.0 s)'])
  expect(existsSync(join(home, `phase-times.json.${process.pid}`))).toBe(false)
})

test('a home that cannot be written keeps nothing and stops nobody', () => {
  expect(comparedWithLast('/dev/null/home', 'all', times({ brokers: 3 }), noLog)).toEqual([])
})
