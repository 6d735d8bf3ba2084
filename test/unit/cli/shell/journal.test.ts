import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { command } from '../../../support/command.ts'

const list = ['topics', 'list', '--brokers', '127.0.0.1:1']
const linesOf = (text: string): Record<string, unknown>[] => text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) // prettier-ignore

test('nobody asked for a log: stderr has the failure in words, and nothing else', async () => {
  const { exitCode, stderr } = await command(list)
  expect(exitCode).toBe(3)
  expect(stderr).toMatch(/^Error: No Kafka broker answers at 127.0.0.1:1/)
})

test('with --log-format json stderr is the log, and the failure stands in it once', async () => {
  const { exitCode, stderr } = await command([...list, '--log-format', 'json'])
  expect(exitCode).toBe(3)
  const entries = linesOf(stderr)
  expect(entries.map(({ event }) => event)).toEqual(['begun', 'failed'])
  expect(entries[1]).toMatchObject({ level: 'error', code: 'UNREACHABLE', hint: expect.any(String) as string })
})

test('--log-level alone sends lines of text to stderr, as important as it says', async () => {
  const { stderr } = await command([...list, '--log-level', 'error'])
  expect(stderr).toMatch(/^\S+Z error failed code=UNREACHABLE error="No Kafka broker answers [^\n]*\n$/)
})

test('on a terminal a log is lines too: nothing is drawn beside it', async () => {
  const { stderr } = await command([...list, '--log-level', 'info'], { terminal: true })
  expect(stderr).not.toContain('\u001B')
  expect(stderr.trim().split('\n')).toHaveLength(2)
})

test('with a file the log is there, and stderr speaks in words as ever', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-journal-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'a.log')
  const { stderr } = await command([...list, '--log-file', path, '--log-format', 'json'])
  expect(stderr).toMatch(/^Error: No Kafka broker answers at/)
  expect(linesOf(readFileSync(path, 'utf8')).map(({ event }) => event)).toEqual(['begun', 'failed'])
})

test('a file that cannot be written is refused before anything is done', async () => {
  const { exitCode, stderr } = await command([...list, '--log-file', '/proc/nowhere/a.log'])
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('The log cannot be written')])
})

test.each(['nowhere', 'a:b', '1:2:3', ':70000', '127.0.0.1:'])('--http %j is refused', async (address) => {
  const { exitCode, stderr } = await command(['worker', 'large-orders', '--http', address])
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('host:port')])
})
