import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { recordedLog } from '../../support/recorded-log.ts'
import { takeLock, withLock } from '../../../src/infra/lock.ts'

const silent = { report: (): void => undefined }

function lockPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-lock-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'infra.lock')
}

test('only one holds the lock at a time, and it is gone afterwards, even after an error', async () => {
  const path = lockPath()
  let holders = 0
  const hold = (): Promise<void> =>
    withLock(path, silent, async () => {
      expect(++holders).toBe(1)
      await Promise.resolve()
      holders--
    })
  await Promise.all([hold(), hold(), hold()])
  await expect(withLock(path, silent, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(readdirSync(dirname(path))).toEqual([])
})

test.each([
  ['of a process that is gone', JSON.stringify({ pid: process.pid, startTime: 'earlier' })],
  ['that cannot be read', 'half a li'],
  ['that is empty', ''],
])('a lock %s is broken', async (_, content) => {
  const path = lockPath()
  writeFileSync(path, content)
  const { log, entries } = recordedLog()
  expect(await withLock(path, { ...silent, log }, () => Promise.resolve(existsSync(path)))).toBe(true)
  expect(entries.map(({ event }) => event)).toEqual(['stale-lock-removed', 'lock-taken'])
  expect(readdirSync(dirname(path))).toEqual([])
})

test('who waits says for whom, and can be aborted', async () => {
  const path = lockPath()
  const abort = new AbortController()
  const lines: string[] = []
  const report = (line: string): void => {
    lines.push(line)
    abort.abort(new Error('stopped by the user'))
  }
  await withLock(path, silent, async () => {
    const waiting = withLock(path, { report, signal: abort.signal }, () => Promise.resolve())
    await expect(waiting).rejects.toThrow('stopped by the user')
  })
  expect(lines).toEqual([`Waiting for another payflow (pid ${process.pid}) to finish with ${path}`])
})

test('who may go on without a lock does so where none can be written, but still waits for a process that holds it', async () => {
  const missing = join(lockPath(), 'not', 'there')
  await expect(withLock(missing, silent, () => Promise.resolve())).rejects.toThrow('ENOENT')
  const { log, entries } = recordedLog()
  const options = { ...silent, log, evenUnwritable: true }
  expect(await withLock(missing, options, () => Promise.resolve('done'))).toBe('done')
  expect(entries[0]).toMatchObject({ level: 'warn', event: 'lock-not-written', path: missing })

  const path = lockPath()
  const waited: string[] = []
  await withLock(path, silent, async () => {
    const abort = new AbortController()
    const report = (line: string): void => {
      waited.push(line)
      abort.abort(new Error('stopped by the user'))
    }
    const waiting = withLock(path, { report, signal: abort.signal, evenUnwritable: true }, () => Promise.resolve())
    await expect(waiting).rejects.toThrow('stopped by the user')
  })
  expect(waited).toHaveLength(1)
})

test('who finds a lock held learns by whom and since when, and a lock of somebody else is left alone', () => {
  const path = lockPath()
  const first = takeLock(path)
  if (first.outcome !== 'taken') throw new Error(first.outcome)
  expect(takeLock(path)).toMatchObject({
    outcome: 'held',
    holder: { pid: process.pid, since: expect.any(String) as string },
  })
  const others = JSON.stringify({ pid: 1, startTime: 'earlier' })
  writeFileSync(path, others)
  first.release()
  expect(readFileSync(path, 'utf8')).toBe(others)
})
