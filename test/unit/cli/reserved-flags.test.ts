import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { createProgram } from '../../../src/cli/shell/program.ts'
import type { World } from '../../../src/cli/shell/world.ts'
import { reservedFlags, reservedNames } from '../../../src/pipeline/worker/check.ts'

const flagsOf = ({ options }: Command): string[] => options.flatMap(({ long }) => (long ? [long.slice(2)] : []))

it('no custom worker can have an option that payflow would take for its own, with `worker`, with `audit` or anywhere', () => {
  const program = createProgram({ env: {}, stdout: {}, stderr: {} } as unknown as World)
  const among = program.commands.filter((command) => ['worker', 'audit'].includes(command.name()))
  const flags = [program, ...among].flatMap(flagsOf)
  expect(among).toHaveLength(2)
  expect(flags).toContain('ksql')
  expect(flags.filter((flag) => !reservedFlags.includes(flag))).toEqual([])
})

it('no worker can have the name of a command of `worker`', () => {
  const program = createProgram({ env: {}, stdout: {}, stderr: {} } as unknown as World)
  const commands = program.commands.find((command) => command.name() === 'worker')!.commands.map((command) => command.name()) // prettier-ignore
  expect(commands).toContain('explain')
  expect(commands.filter((name) => !reservedNames.includes(name))).toEqual([])
})
