import { expect, test } from 'vitest'
import { completionOf } from '../../../../src/cli/completion/candidates.ts'
import { createProgram } from '../../../../src/cli/shell/program.ts'
import type { World } from '../../../../src/cli/shell/world.ts'
import { command } from '../../../support/command.ts'

const program = createProgram({ env: {}, stdout: {}, stderr: {} } as unknown as World)
const complete = (line: string) => completionOf(program, line.split(' '))
const words = (line: string): string[] => complete(line).candidates.map(({ word }) => word)

test('commands come first, then their own, and none that is hidden', () => {
  expect(words('')).toEqual(expect.arrayContaining(['all', 'tail', 'trace', 'topics', 'completion']))
  expect(words('').some((word) => word.startsWith('_'))).toBe(false)
  expect(words('topics ')).toEqual(expect.arrayContaining(['create', 'reset', 'describe']))
  expect(words('topics describe ')).toEqual([])
  expect(words('worker ')).toEqual(expect.arrayContaining(['list', 'check', 'explain', 'reset']))
  expect(words('init --')).toContain('--ts')
})

test.each([
  ['tail ', ['topics']],
  ['tail orders ', ['topics']],
  ['topics describe ', ['topics']],
  ['topics configure ', ['topics']],
  ['groups describe ', ['groups']],
  ['groups describe payflow-large-orders ', []],
  ['worker ', ['workers']],
  ['worker large-orders ', ['workers']],
  ['worker reset ', ['workers']],
  ['worker check ', ['workers']],
  ['worker explain large-orders ', ['workers']],
  ['init ', []],
  ['audit ', ['workers']],
  ['dead-letters list --topic ', ['topics']],
  ['dead-letters list --worker ', ['workers']],
  ['produce --from-file ', ['files']],
  ['--config ', ['files']],
  ['tail --tls-ca ', ['files']],
  ['tail --from -10 ', ['topics']],
  ['tail --from ', []],
  ['trace ', []],
])('`payflow %s` asks for %j', (line, live) => expect(complete(line).live).toEqual(live))

test('options are those of the command and the global ones; values are those that are allowed', () => {
  expect(words('tail --')).toEqual(
    expect.arrayContaining(['--from', '--grep', '--no-follow', '--json', '--brokers', '--help']),
  )
  expect(words('tail --')).not.toContain('--seed')
  expect(words('--engine ')).toEqual(['auto', 'docker', 'local', 'external'])
  expect(words('produce orders --compression ')).toContain('zstd')
  expect(words('produce ')).toEqual(['orders', 'payments', 'users', 'all'])
  expect(words('completion ')).toEqual(['bash', 'zsh', 'fish'])
  expect(words('tail -- --')).toEqual([])
  expect(complete('--engine=lo')).toMatchObject({ typed: 'lo', before: '--engine=' })
})

test('settings that stand in the line decide which cluster is asked', () => {
  expect(complete('--brokers a:1 --engine=external tail --config x.json ').options).toEqual({ brokers: 'a:1', engine: 'external', config: 'x.json' }) // prettier-ignore
})

test.each([
  ['no broker answers', ['tail', 'or'], { PAYFLOW_BROKERS: '127.0.0.1:1' }],
  ['settings are wrong', ['tail', 'or'], { PAYFLOW_PARTITIONS: 'many' }],
  ['brokers are nonsense', ['--brokers', 'http://x', 'tail', ''], {}],
  ['no broker is known', ['groups', 'describe', ''], { PAYFLOW_KAFKA_PORT: '0' }],
  ['there is no such command', ['nothing', ''], {}],
])('it is silent when %s', async (_, line, env) => {
  const began = performance.now()
  expect(await command(['__complete', '--', ...line], { env })).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
  expect(performance.now() - began).toBeLessThan(20_000) // it gives up after 0.7 s, whatever this machine is busy with
})

test('what matches is printed a line each, with what it means', async () => {
  const { stdout } = await command(['__complete', '--', 'worker', 'large'])
  expect(stdout).toBe('large-orders\tPayments of more than an amount\n')
  expect((await command(['__complete', '--', '--engine=l'])).stdout).toBe('--engine=local\n')
  expect((await command(['__complete', '--', 'produce', '--from-file', 'x'])).stdout).toBe(':files\n')
})
