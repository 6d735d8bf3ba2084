import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { recordedLog } from '../../../support/recorded-log.ts'
import { registerThisProcess, workerEntries } from '../../../../src/app/workers/process-registry.ts'

const registration = {
  workers: [{ name: 'large-orders', arguments: ['--threshold', '250'] }],
  brokers: ['127.0.0.1:9092'],
  supervised: false,
}

function home(): string {
  const path = mkdtempSync(join(tmpdir(), 'payflow-registry-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

const filesOf = (path: string): string[] => readdirSync(join(path, 'run'))

test('a process is found under its home as it described itself, until it takes that back', () => {
  const path = home()
  const leave = registerThisProcess(path, registration)
  expect(workerEntries(path)).toMatchObject([{ pid: process.pid, ...registration }])
  leave()
  leave()
  expect([workerEntries(path), filesOf(path)]).toEqual([[], []])
})

test('what dead processes left is removed, also where their pid belongs to another one now', () => {
  const path = home()
  registerThisProcess(path, registration)
  const own = join(path, 'run', `worker-${process.pid}.json`)
  const entry = JSON.parse(readFileSync(own, 'utf8')) as object
  writeFileSync(join(path, 'run', 'worker-1.json'), JSON.stringify({ ...entry, pid: 1, startTime: 'earlier' }))
  writeFileSync(join(path, 'run', 'worker-2.json'), JSON.stringify({ ...entry, pid: 4_194_303 }))
  const { log, entries } = recordedLog()
  expect(workerEntries(path, log).map(({ pid }) => pid)).toEqual([process.pid])
  expect(entries.map(({ event, pid }) => [event, pid])).toEqual([['stale-record-removed', 1], ['stale-record-removed', 4_194_303]]) // prettier-ignore
  expect(filesOf(path)).toEqual([`worker-${process.pid}.json`])
})

test('processes come oldest first', () => {
  const path = home()
  registerThisProcess(path, registration)
  const own = join(path, 'run', `worker-${process.pid}.json`)
  const entry = JSON.parse(readFileSync(own, 'utf8')) as object
  for (const year of [2001, 2003, 2002])
    writeFileSync(join(path, 'run', `worker-${year}.json`), JSON.stringify({ ...entry, startedAt: `${year}-01-01` }))
  expect(workerEntries(path).map(({ startedAt }) => startedAt.slice(0, 4)).slice(0, 3)).toEqual(['2001', '2002', '2003']) // prettier-ignore
})

test('files of another kind are left alone, and what cannot be read is not a process', () => {
  const path = home()
  mkdirSync(join(path, 'run'))
  for (const name of ['kafka-1.json', 'worker-3.json']) writeFileSync(join(path, 'run', name), '{}')
  expect(workerEntries(path)).toEqual([])
  expect(filesOf(path)).toContain('kafka-1.json')
})

test('a home that cannot be written keeps nobody from working', () => {
  const path = home()
  writeFileSync(join(path, 'run'), 'a file where the directory would be')
  const { log, entries } = recordedLog()
  registerThisProcess(path, registration, log)()
  expect(workerEntries(path, log)).toEqual([])
  expect(entries.map(({ event }) => event)).toEqual(['worker-record-not-written', 'worker-records-unreadable'])
  expect(workerEntries(join(path, 'nowhere'), log)).toEqual([])
  expect(entries).toHaveLength(2)
})
