import type { Argument, Command, Option } from 'commander'
import { rowOf, settingNames } from '../../settings/table.ts'

/** What can only be known by asking. */
export type Live = 'topics' | 'groups' | 'workers' | 'files'

export interface Candidate {
  readonly word: string
  readonly about: string
}

export interface Completion {
  readonly candidates: readonly Candidate[]
  readonly live: readonly Live[]
  /** What was typed of the word so far, and what stands before it in the same word: `--topic=`. */
  readonly typed: string
  readonly before: string
  /** Options with a value that stand in the line, by the names of their settings. */
  readonly options: Readonly<Record<string, string>>
}

/** Arguments whose values have to be asked for, by the names that they have in the command's usage. */
const liveArguments: Readonly<Record<string, readonly Live[]>> = {
  topic: ['topics'],
  topics: ['topics'],
  words: ['topics'],
  group: ['groups'],
  worker: ['workers'],
  workers: ['workers'],
  names: ['workers'],
  purposes: ['workers'],
}

const services = ['kafka', 'zookeeper', 'ksqldb']
const liveOptions: Readonly<Record<string, readonly Live[]>> = {
  topic: ['topics'],
  worker: ['workers'],
  group: ['groups'],
  config: ['files'],
  fromFile: ['files'],
}

/** What can stand at the end of a command line. `words`: all after the program's name, the last being the one that is typed, perhaps empty. */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const typed = words.at(-1) ?? ''
  const { command, operands, pending, options, onlyOperands } = walked(program, words.slice(0, -1))
  const base = { typed, before: '', options }
  if (pending) return { ...base, ...valuesOf(pending) }
  if (!onlyOperands && typed.startsWith('-')) {
    const [, flag = '', value] = /^(--[^=]+)=(.*)$/s.exec(typed) ?? []
    const named = value === undefined ? undefined : optionOf(command, flag)
    if (named) return { ...base, ...valuesOf(named), typed: value!, before: `${flag}=` }
    return { ...base, candidates: optionsOf(command), live: [] }
  }
  const argument = command.registeredArguments.at(operands) ?? lastIfVariadic(command.registeredArguments)
  const asked = argument ? valuesOf(argument) : { candidates: [], live: [] }
  const subcommands = operands > 0 ? [] : visibleCommands(command)
  return { ...base, candidates: [...subcommands, ...asked.candidates], live: asked.live }
}

interface Walked {
  readonly command: Command
  readonly operands: number
  /** The option whose value comes next. */
  readonly pending: Option | undefined
  readonly options: Record<string, string>
  readonly onlyOperands: boolean
}

function walked(program: Command, words: readonly string[]): Walked {
  let command = program
  let operands = 0
  let pending: Option | undefined
  let onlyOperands = false
  const options: Record<string, string> = {}
  for (const word of words) {
    if (pending) {
      options[pending.attributeName()] = word
      pending = undefined
    } else if (!onlyOperands && word === '--') onlyOperands = true
    else if (!onlyOperands && word.startsWith('-')) {
      const [flag = '', ...value] = word.split('=')
      const option = optionOf(command, flag)
      if (option?.required && value.length === 0) pending = option
      else if (option?.required) options[option.attributeName()] = value.join('=')
    } else {
      const next = operands === 0 ? command.commands.find((child) => child.name() === word) : undefined
      if (next) command = next
      else operands++
    }
  }
  return { command, operands, pending, options, onlyOperands }
}

/** The command and those that it belongs to: options of all of them may be given. */
function* lineage(command: Command): Generator<Command> {
  for (let each: Command | null = command; each; each = each.parent) yield each
}

function optionOf(command: Command, flag: string): Option | undefined {
  for (const each of lineage(command)) {
    const found = each.options.find((option) => option.long === flag || option.short === flag)
    if (found) return found
  }
  return undefined
}

const optionsOf = (command: Command): Candidate[] =>
  [...lineage(command)].flatMap((each) => [
    ...each.options.filter(({ hidden, long }) => !hidden && long).map(({ long, description }) => ({ word: long!, about: description })),
    ...(each === command ? [{ word: '--help', about: 'explain a command' }] : []),
  ]) // prettier-ignore

const visibleCommands = (command: Command): Candidate[] =>
  command.commands
    .filter((child) => !child.name().startsWith('_'))
    .map((child) => ({ word: child.name(), about: child.summary() || child.description() }))

type Values = Pick<Completion, 'candidates' | 'live'>
const words = (all: readonly string[]): Candidate[] => all.map((word) => ({ word, about: '' }))

function valuesOf(of: Argument | Option): Values {
  if (of.argChoices) return { candidates: words(of.argChoices), live: [] }
  if ('flags' in of) return valuesOfOption(of.attributeName())
  if (of.name() === 'service') return { candidates: words(services), live: [] }
  return { candidates: [], live: liveArguments[of.name()] ?? [] }
}

function valuesOfOption(name: string): Values {
  const setting = settingNames.find((each) => each === name)
  const kind = setting && rowOf(setting).kind
  if (kind?.is === 'choice') return { candidates: words(kind.of), live: [] }
  if (kind?.is === 'file' || kind?.is === 'pem') return { candidates: [], live: ['files'] }
  return { candidates: [], live: liveOptions[name] ?? [] }
}

function lastIfVariadic(args: readonly Argument[]): Argument | undefined {
  const last = args.at(-1)
  return last?.variadic ? last : undefined
}
