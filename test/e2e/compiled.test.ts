import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../support/cli.ts'
import { directoryWith } from '../support/own-worker.ts'

const inHome = (home: string): NodeJS.ProcessEnv => ({ ...process.env, PAYFLOW_HOME: home })
const compiledIn = (home: string): string[] => readdirSync(join(home, 'compiled')).map((name) => join(home, 'compiled', name)) // prettier-ignore

test('what has been compiled is kept in the home, and added to the first three times that a command is run', async () => {
  const home = await directoryWith({})
  for (let times = 1; times <= 4; times += 1) {
    expect(await run(inHome(home), 'infra', '--help')).toMatchObject({ code: 0, stderr: '' })
    const [words] = compiledIn(home).map((file) => readFileSync(file, 'latin1').split('\n')[0]?.split(' ').slice(1))
    expect(words).toEqual(Array.from({ length: Math.min(times, 3) }, () => 'infra'))
  }
  expect(await run(inHome(home), 'no-such-command')).toMatchObject({ code: 2 })
  for (const file of compiledIn(home)) expect(readFileSync(file, 'latin1')).not.toContain('no-such-command')
})

test('what a crash left of it is replaced, not run', async () => {
  const home = await directoryWith({})
  await run(inHome(home), '--version')
  const whole = compiledIn(home).map((file) => [file, statSync(file).size] as const)
  expect(whole.length).toBeGreaterThan(0)
  for (const [file, size] of whole) writeFileSync(file, Buffer.alloc(size))
  expect(await run(inHome(home), '--version')).toMatchObject({ code: 0, stderr: '' })
  for (const [file] of whole) expect(readFileSync(file)[0]).not.toBe(0)
})

test('no home is made to keep what has been compiled', async () => {
  const home = join(await directoryWith({}), 'none')
  expect(await run(inHome(home), '--version')).toMatchObject({ code: 0, stderr: '' })
  expect(existsSync(home)).toBe(false)
})

test('a home that cannot be written to is not complained of by who writes nothing', async () => {
  expect(await run(inHome('/proc'), '--version')).toMatchObject({ code: 0, stderr: '' })
  const home = await directoryWith({ compiled: 'a file' })
  expect(await run(inHome(home), '--version')).toMatchObject({ code: 0, stderr: '' })
})

test('stacks are told in the lines of the sources', async () => {
  const home = await directoryWith({})
  const { code, stderr } = await run(inHome(home), 'topics', 'list', '--brokers', '127.0.0.1:1', '--verbose')
  expect(code).toBe(3)
  expect(stderr).toMatch(/src\/kafka\/reachable\.ts:\d+/)
})
