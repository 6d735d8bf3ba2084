import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { followLines, lastLines, readFrom } from '../../../src/infra/log-files.ts'

function logFile(content?: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-logs-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'kafka-0.log')
  if (content !== undefined) writeFileSync(path, content)
  return path
}

test('the last lines of a file, however long it is', () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index} ä`)
  const path = logFile(`${lines.join('\n')}\n`)
  expect(lastLines(path, 3).lines).toEqual(lines.slice(-3))
  expect(lastLines(path, 10_000).lines).toEqual(lines.slice(-10_000))
  expect(lastLines(path, 0).lines).toEqual([])
  expect(lastLines(logFile(), 5)).toEqual({ lines: [], end: 0 })
})

test('what was written since an offset; everything after a rotation', () => {
  const path = logFile('old\nnew\n')
  expect(readFrom(path, 4)).toBe('new\n')
  expect(readFrom(path, 100)).toBe('old\nnew\n')
  expect(readFrom(logFile(), 0)).toBe('')
})

test('following goes on across a rotation and hands on whole lines only', async () => {
  const path = logFile('before\n')
  const lines: string[] = []
  const stop = new AbortController()
  const following = followLines(path, 7, (line) => lines.push(line), stop.signal)
  appendFileSync(path, 'one\ntw')
  await expect.poll(() => lines).toEqual(['one'])
  appendFileSync(path, 'o\n')
  await expect.poll(() => lines).toEqual(['one', 'two'])
  renameSync(path, `${path}.1`)
  writeFileSync(path, 'three\n')
  await expect.poll(() => lines).toEqual(['one', 'two', 'three'])
  stop.abort()
  await following
})
