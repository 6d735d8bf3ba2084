import { Command } from 'commander'
import {
  chooseWorkers,
  findWorkers,
  flagName,
  type TypedOption,
  type WorkerChoice,
} from '../../app/workers/arguments.ts'
import { maxAheadOption } from '../../pipeline/worker/max-ahead.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'

export interface ParsedWorkers {
  readonly choices: readonly WorkerChoice[]
  /** `worker all`: each in its own process. */
  readonly apart: boolean
}

/**
 * The second half of the `worker` command line: which workers, and their options, which only their definitions know.
 * @throws CommanderError for what commander refuses, PayflowError (usage) for what the definitions do
 */
export function parseWorkers(outer: Command, argv: readonly string[], known: readonly AnyWorker[]): ParsedWorkers {
  const inner = commandOf(outer, known)
  inner.parse([...argv], { from: 'user' })
  const apart = inner.args.includes('all')
  const named = inner.args.filter((name) => name !== 'all')
  const chosen = findWorkers(named, known)
  // with files alone, `all` still means all built-in workers
  if (apart && chosen.every(({ file }) => file !== undefined)) chosen.unshift(...known.filter(({ file }) => file === undefined)) // prettier-ignore
  if (chosen.length === 0) return { choices: [], apart }
  return { choices: chooseWorkers(chosen, typedOptions(inner)), apart }
}

/** A command that knows every option of every worker, in both spellings. */
export function commandOf(outer: Command, known: readonly AnyWorker[]): Command {
  const inner = outer.createCommand(outer.name()).copyInheritedSettings(outer).argument('[names...]')
  inner.parent = outer.parent
  inner.option(maxAheadOption.flag, `every worker: ${maxAheadOption.description} (${maxAheadOption.default})`)
  for (const { name } of known)
    inner.addOption(inner.createOption(`--${name}.${maxAheadOption.flag.slice(2)}`).hideHelp())
  for (const [name, users] of optionUsers(known)) {
    const [first] = users
    const value = first!.flag.replace(/^\S+/, '')
    const meaning = users.map(({ worker, description, default: usual }) => `${worker}: ${description} (${usual})`)
    inner.option(`--${name}${value}`, meaning.join('; '))
    for (const { worker, flag } of users) inner.addOption(inner.createOption(`--${worker}.${flag.slice(2)}`).hideHelp())
  }
  return inner
}

interface OptionUser {
  readonly worker: string
  readonly flag: string
  readonly description: string
  readonly default: string
}

function optionUsers(known: readonly AnyWorker[]): Map<string, OptionUser[]> {
  const users = new Map<string, OptionUser[]>()
  for (const { name: worker, options = {} } of known)
    for (const { flag, description, default: usual } of Object.values(options)) {
      const name = flagName(flag)
      users.set(name, [...(users.get(name) ?? []), { worker, flag, description, default: usual }])
    }
  return users
}

function typedOptions(inner: Command): TypedOption[] {
  return inner.options.flatMap((option): TypedOption[] => {
    const value: unknown = inner.getOptionValue(option.attributeName())
    if (typeof value !== 'string') return []
    const [name = '', worker] = option.name().split('.').toReversed()
    return [{ worker, name, value }]
  })
}
