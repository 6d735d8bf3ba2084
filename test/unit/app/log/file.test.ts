import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { LogFile } from '../../../../src/app/log/file.ts'

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'payflow-log-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const opened = (path: string, maxBytes?: number): LogFile => {
  const file = new LogFile(path, maxBytes === undefined ? {} : { maxBytes })
  onTestFinished(() => file.close())
  return file
}

test('lines are in the file as soon as they are written, behind those of earlier runs', () => {
  const path = join(directory(), 'logs', 'a.log')
  opened(path).write('one')
  opened(path).write('two')
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
})

test('a full file is kept once, so that both together stay below twice the limit', () => {
  const home = directory()
  const path = join(home, 'a.log')
  const file = opened(path, 100)
  for (let i = 0; i < 100; i++) {
    file.write(`line ${i} of a hundred`)
    const sizes = readdirSync(home).map((name) => statSync(join(home, name)).size)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100)
  }
  expect(readdirSync(home).sort()).toEqual(['a.log', 'a.log.1'])
  const lines = ['a.log.1', 'a.log'].flatMap((name) => readFileSync(join(home, name), 'utf8').trim().split('\n'))
  expect(lines.at(-1)).toBe('line 99 of a hundred')
  expect(lines).toEqual(lines.map((_, i) => `line ${100 - lines.length + i} of a hundred`))
})

test('two processes that write to one file rotate it once, and neither goes on in the old one', () => {
  const home = directory()
  const path = join(home, 'a.log')
  const [one, other] = [opened(path, 60), opened(path, 60)]
  for (let i = 0; i < 20; i++) for (const [name, file] of [['one', one], ['other', other]] as const) file.write(`${name} ${i}`) // prettier-ignore
  const all = ['a.log.1', 'a.log'].map((name) => readFileSync(join(home, name), 'utf8'))
  for (const text of all) expect(text.length).toBeLessThanOrEqual(60)
  expect(all.join('').trim().split('\n').slice(-4)).toEqual(['one 18', 'other 18', 'one 19', 'other 19'])
})

test('a file that was moved away by another tool is created again within a second', () => {
  const home = directory()
  const path = join(home, 'a.log')
  const file = opened(path)
  file.write('before')
  renameSync(path, `${path}.old`)
  const now = performance.now()
  vi.spyOn(performance, 'now').mockReturnValue(now + 1_001)
  onTestFinished(() => void vi.restoreAllMocks())
  file.write('after')
  expect([readFileSync(`${path}.old`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['before\n', 'after\n'])
})

test('a log that cannot be written costs its lines, and nothing else', () => {
  const home = directory()
  const file = new LogFile(join(home, 'a.log'))
  file.close()
  expect(() => file.write('lost')).not.toThrow()
})
