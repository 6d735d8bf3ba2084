import { expect, test } from 'vitest'
import { documents, launch, ownHome, run } from '../support/cli.ts'
import { brokers } from '../support/broker.ts'
import { temporaryHome } from '../support/home.ts'

const usage: [string, string[], RegExp][] = [
  ['an unknown command', ['wurker'], /Unknown command 'wurker'\n→ did you mean worker\?/],
  ['an unknown option', ['all', '--duraton', '5s'], /Unknown option '--duraton'\n→ did you mean --duration\?/],
  ['an unknown worker', ['worker', 'large-order'], /no worker "large-order"\n→ did you mean large-orders\?/],
  ['a rate of 0', ['produce', 'orders', '--rate', '0'], /'0' is invalid.*above 0/],
  ['a rate that is not a number', ['produce', 'orders', '--rate', 'abc'], /'abc' is invalid.*max/],
  ['a negative count', ['produce', 'orders', '--count', '-5'], /'-5' is invalid.*whole number from 1/],
  ['no command at all', [], /Usage: payflow/],
]

test.each(usage)('%s ends with 2, named on stderr and with nothing on stdout', async (_, argv, message) => {
  const { code, stdout, stderr } = await run(process.env, ...argv)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
})

/** A home in which brokers may be named. */
async function elsewhere(): Promise<{ env: NodeJS.ProcessEnv }> {
  const { env } = await temporaryHome()
  return { env: { ...env, PAYFLOW_ENGINE: 'external' } }
}

test('no broker ends with 3 within ten seconds, naming the address that was tried', async () => {
  const { env } = await elsewhere()
  const startedAt = performance.now()
  const { code, stderr } = await run(env, 'topics', 'list', '--brokers', '127.0.0.1:1')
  expect(code).toBe(3)
  expect(stderr).toContain('127.0.0.1:1')
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})

test('a missing topic ends with 1 and names the command that creates it', async () => {
  const { env } = await elsewhere()
  const argv = ['topics', 'describe', 'no-such-topic', '--brokers', brokers().join(',')]
  const { code, stderr } = await run(env, ...argv)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^Error: There is no topic no-such-topic\n→ /)
})

test('an error is one JSON line on stderr with --json', async () => {
  const { stdout, stderr } = await run(process.env, 'worker', 'nobody', '--json')
  expect(stdout).toBe('')
  expect(documents(stderr)).toEqual([{ error: expect.objectContaining({ code: 'UNKNOWN_WORKER' }) as unknown }])
})

test('a reader that goes away ends the command quietly', async () => {
  const { start } = await ownHome()
  const command = start('--help')
  command.child.stdout!.destroy()
  expect(await command.ended).toMatchObject({ code: 0, stderr: '' })
})

test('--help loads none of the heavy libraries', async () => {
  const loaded = launch({ ...process.env, NODE_DEBUG: 'esm' }, '--help')
  const { stderr } = await loaded.ended
  for (const heavy of ['faker', 'kafkajs', 'execa', 'zod', 'listr2'])
    expect(stderr).not.toContain(`node_modules/${heavy}`)
})
