import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../../../src/cli/shell/program.ts'
import type { World } from '../../../src/cli/shell/world.ts'
import { command } from '../../support/command.ts'

function everyCommand(parent: Command, path: readonly string[] = []): string[][] {
  return parent.commands.flatMap((child) => {
    const own = [...path, child.name()]
    return [own, ...everyCommand(child, own)]
  })
}
const commands = everyCommand(createProgram({ stdout: new PassThrough(), stderr: new PassThrough() } as unknown as World)) // prettier-ignore

test('there are commands to explain', () => {
  expect(commands.length).toBeGreaterThan(20)
})

test.each(['', ...commands.map((path) => path.join(' '))])(
  'payflow %s --help ends with 0, and shows examples of this command',
  async (line) => {
    const path = line.split(' ').filter((part) => part !== '')
    const { exitCode, stdout, stderr } = await command([...path, '--help'])
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Usage: payflow/)
    const examples = stdout
      .slice(stdout.indexOf('\nExamples:\n'))
      .split('\n')
      .filter((line) => line.startsWith('  $ '))
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) expect(example).toContain(['payflow', ...path].join(' '))
  },
)

test('no line of a help text is wider than the terminal', async () => {
  for (const path of [[], ...commands]) {
    const { stdout } = await command([...path, '--help'])
    const prose = stdout.split('\n').filter((line) => !line.startsWith('  $ ') && !line.startsWith('Usage:'))
    expect(prose.filter((line) => line.length > 80)).toEqual([])
  }
})

test('a worker option stands in the help of worker, with its default and whose it is', async () => {
  const { stdout } = await command(['worker', '--help'])
  expect(stdout).toContain('--threshold <amount>')
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('large-orders: ')
})

test('an explained command does nothing, whatever else was said', async () => {
  const { exitCode, stdout } = await command(['worker', 'nobody', '--help'])
  expect([exitCode, stdout.startsWith('Usage:')]).toEqual([0, true])
})

test('--version prints the version and ends with 0', async () => {
  const { exitCode, stdout } = await command(['--version'])
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)])
})
