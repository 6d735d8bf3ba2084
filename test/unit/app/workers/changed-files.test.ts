import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ChangedFiles } from '../../../../src/app/workers/changed-files.ts'

function watched() {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-changed-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const at = (name: string): string => join(directory, name)
  writeFileSync(at('a.js'), '1')
  writeFileSync(at('b.js'), '1')
  const files = new ChangedFiles()
  files.add([at('a.js'), at('b.js'), at('later.js')])
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  return { at, next: () => files.next(stop.signal), stop }
}

test('a file that is written, or replaced as editors do, is named once', async () => {
  const { at, next } = watched()
  const first = next()
  writeFileSync(at('a.js'), '22')
  expect(await first).toEqual([at('a.js')])
  const second = next()
  renameSync(at('b.js'), at('b.js~'))
  writeFileSync(at('b.js.new'), '333')
  renameSync(at('b.js.new'), at('b.js'))
  expect(await second).toEqual([at('b.js')])
})

test('a file that was not there yet is noticed when it comes; one that goes away is waited for', async () => {
  const { at, next } = watched()
  rmSync(at('a.js'))
  const changed = next()
  writeFileSync(at('later.js'), '1')
  expect(await changed).toEqual([at('later.js')])
})

test('what is aborted has found nothing', async () => {
  const { next, stop } = watched()
  const changed = next()
  stop.abort()
  expect(await changed).toEqual([])
})
