import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { keepLogs } from '../../../../src/app/log/kept.ts'
import { resolveSettings } from '../../../../src/settings/resolve.ts'
import { recordedLog } from '../../../support/recorded-log.ts'

function settingsIn(env: Record<string, string> = {}) {
  const home = mkdtempSync(join(tmpdir(), 'payflow-kept-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return { home, settings: resolveSettings({ options: {}, env: { PAYFLOW_HOME: home, ...env }, cwd: home }) }
}

test('a run has a log of its own and one for each worker, 50 MB at most with those before them', () => {
  const { home, settings } = settingsIn()
  const workers = ['a', 'b', 'c', 'd', 'e', 'f']
  const kept = keepLogs(settings, { run: 'all', workers, verbose: false, log: recordedLog().log })
  kept.log('info', 'process-started', { worker: 'a', pid: 1 })
  kept.log('debug', 'too-much', {})
  kept.close()
  expect(kept.fileOf('a')).toBe(join(home, 'logs', 'worker-a.log'))
  expect(readFileSync(join(home, 'logs', 'all.log'), 'utf8')).toMatch(/^\S+Z info process-started worker=a pid=1\n$/)
  expect(kept.fileKb * 2 * (workers.length + 1)).toBeLessThanOrEqual(50_000)
  expect(kept.fileKb).toBeGreaterThan(1_000)
})

test('it has the level and the format that were asked for', () => {
  const { home, settings } = settingsIn({ PAYFLOW_LOG_FORMAT: 'json', PAYFLOW_LOG_LEVEL: 'debug' })
  const kept = keepLogs(settings, { run: 'worker-all', workers: ['a'], verbose: false, log: recordedLog().log })
  kept.log('debug', 'seen', {})
  kept.close()
  expect(JSON.parse(readFileSync(join(home, 'logs', 'worker-all.log'), 'utf8'))).toMatchObject({ event: 'seen' })
})

test('logs of workers that are not run any more make room, the oldest first; those of brokers stay', () => {
  const { home, settings } = settingsIn()
  const logs = join(home, 'logs')
  mkdirSync(logs)
  const old = ['worker-older.log', 'worker-newer.log', 'worker-mine.log.1', 'kafka-0.log'].map((name) => join(logs, name)) // prettier-ignore
  for (const [i, path] of old.entries()) {
    writeFileSync(path, Buffer.alloc(6_000_000))
    utimesSync(path, 1_000 + i, 1_000 + i)
  }
  keepLogs(settings, { run: 'all', workers: ['mine'], verbose: false, log: recordedLog().log }).close()
  expect(old.map((path) => existsSync(path))).toEqual([false, true, true, true])
})

test('where nothing can be written, nothing is kept, and the run goes on', () => {
  const { home, settings } = settingsIn()
  writeFileSync(join(home, 'logs'), 'not a directory')
  const { log, entries } = recordedLog()
  const kept = keepLogs(settings, { run: 'all', workers: ['a'], verbose: false, log })
  kept.log('info', 'lost', {})
  kept.close()
  expect(entries.map(({ event }) => event)).toContain('logs-not-kept')
})
