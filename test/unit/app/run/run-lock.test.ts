import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { takeRunLock } from '../../../../src/app/run/run-lock.ts'
import { exportsOf } from '../../../../src/app/infra.ts'
import type { InfraStatus } from '../../../../src/infra/engine.ts'
import { resolveSettings } from '../../../../src/settings/resolve.ts'

function settingsOf(env: NodeJS.ProcessEnv = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-run-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return (more: NodeJS.ProcessEnv = {}) =>
    resolveSettings({ options: {}, env: { PAYFLOW_HOME: join(directory, 'home'), ...env, ...more }, cwd: directory })
}

test('a second run in one home is refused, and told who runs since when, until the first has ended', () => {
  const settings = settingsOf()()
  const release = takeRunLock(settings)
  expect(() => takeRunLock(settings)).toThrow(
    expect.objectContaining({
      code: 'ALREADY_RUNNING',
      kind: 'failed',
      message: expect.stringMatching(
        new RegExp(`\\(pid ${process.pid}\\) has been running in .* since 20\\d\\d-`),
      ) as string,
    }) as Error,
  )
  release()
  takeRunLock(settings)()
})

test('runs on clusters that were given keep off each other, and off no other cluster', () => {
  const settings = settingsOf({ PAYFLOW_BROKERS: 'a:1,b:1' })
  const release = takeRunLock(settings())
  expect(() => takeRunLock(settings({ PAYFLOW_BROKERS: 'b:1,a:1' }))).toThrow('on the brokers b:1,a:1 since')
  takeRunLock(settings({ PAYFLOW_BROKERS: 'c:1' }))()
  release()
})

test('where nothing can be written, brokers that were given serve all the same', () => {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-run-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const home = join(directory, 'a-file')
  writeFileSync(home, '')
  const settings = (env: NodeJS.ProcessEnv) =>
    resolveSettings({ options: {}, env: { PAYFLOW_HOME: home, ...env }, cwd: directory })
  takeRunLock(settings({ PAYFLOW_BROKERS: 'a:1' }))()
  expect(() => takeRunLock(settings({}))).toThrow(`Cannot write to PAYFLOW_HOME ${home}`)
})

test('what is to be exported can be pasted into a shell, whatever the home is called', () => {
  const status: InfraStatus = { engine: 'local', running: true, brokers: ['a:1'], zookeeper: null, ksql: null }
  const settings = resolveSettings({ options: {}, env: { PAYFLOW_HOME: "/tmp/it's mine" }, cwd: '/' })
  expect(exportsOf(settings, status)).toContain(`export PAYFLOW_HOME='/tmp/it'\\''s mine'`)
})
