import { didYouMean } from '../../did-you-mean.ts'
import { usage } from '../../settings/refuse.ts'
import { allOptions, maxAheadOption } from '../../pipeline/worker/max-ahead.ts'
import { spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'

/** An option as it was typed: `--threshold 250`, or `--large-orders.threshold 250` with the worker named. */
export interface TypedOption {
  readonly worker: string | undefined
  readonly name: string
  readonly value: string
}

export interface WorkerChoice {
  readonly definition: AnyWorker
  readonly options: Readonly<Record<string, unknown>>
  /** What follows `payflow worker` on a command line that runs this worker alone: its name or file, and its options. */
  readonly words: readonly string[]
}

/** The name of an option without its dashes: `threshold`. */
export const flagName = (flag: string): string => flag.replace(/^--/, '').replace(/[ =].*$/, '')

/** @throws PayflowError (usage) for a name that no worker has */
export function findWorkers(names: readonly string[], known: readonly AnyWorker[]): AnyWorker[] {
  return [...new Set(names)].map((name) => {
    const found = known.find((worker) => worker.name === name)
    if (found) return found
    const names = known.map((worker) => worker.name)
    const hint = didYouMean(name, names, `known: ${names.join(', ')}; a custom worker is named by its file, such as ./${name}.js`) // prettier-ignore
    throw usage('UNKNOWN_WORKER', `There is no worker "${name}"`, hint)
  })
}

function owners(chosen: readonly AnyWorker[], name: string): AnyWorker[] {
  return chosen.filter((worker) => Object.values(allOptions(worker)).some(({ flag }) => flagName(flag) === name))
}

/** An option that every worker has is for all of those chosen, unless it names one. */
const isForAll = ({ worker, name }: TypedOption): boolean =>
  worker === undefined && name === flagName(maxAheadOption.flag)

/** The worker that a typed option is for. @throws PayflowError (usage) when none or several of those chosen have it */
function ownerOf({ worker, name, value }: TypedOption, chosen: readonly AnyWorker[]): AnyWorker {
  const candidates = owners(chosen, name).filter((owner) => worker === undefined || owner.name === worker)
  const [owner, other] = candidates
  const spelled = worker === undefined ? `--${name}` : `--${worker}.${name}`
  if (owner === undefined) {
    const [first] = chosen
    const all = chosen.flatMap(({ options = {} }) => Object.values(options).map(({ flag }) => `--${flagName(flag)}`))
    const who = worker ?? (chosen.length === 1 ? first!.name : undefined)
    throw usage(
      'UNKNOWN_OPTION',
      who === undefined ? `None of these workers has an option ${spelled}` : `Worker ${who} has no option ${spelled}`,
      all.length === 0 ? 'it takes no options of its own' : didYouMean(`--${name}`, [...new Set(all)]),
    )
  }
  if (other === undefined) return owner
  const forms = candidates.map((candidate) => `--${candidate.name}.${name} ${value}`).join(' or ')
  const who = candidates.map((candidate) => candidate.name).join(' and ')
  throw usage('AMBIGUOUS_OPTION', `--${name} is an option of ${who}`, `say which: ${forms}`)
}

/** Gives each chosen worker its options, read as its definition says. @throws PayflowError (usage) */
export function chooseWorkers(chosen: readonly AnyWorker[], typed: readonly TypedOption[]): WorkerChoice[] {
  const owned = typed.flatMap((option) =>
    (isForAll(option) ? chosen : [ownerOf(option, chosen)]).map((owner) => ({ option, owner })),
  )
  return chosen.map((definition) => {
    const mine = owned.filter(({ owner }) => owner === definition).map(({ option }) => option)
    const options = Object.entries(allOptions(definition)).map(([key, spec]) => {
      const given = mine.findLast(({ name }) => name === flagName(spec.flag))
      return [key, parseOption(definition.name, spec, given?.value ?? spec.default)] as const
    })
    const typedWords = mine.flatMap(({ name, value }) => [`--${name}`, value])
    return { definition, options: Object.fromEntries(options), words: [spelledAs(definition), ...typedWords] }
  })
}

/** What `argv` of a choice says. */
export function typedOptions(worker: string, argv: readonly string[]): TypedOption[] {
  return argv.flatMap((flag, i) => (i % 2 === 0 ? [{ worker, name: flagName(flag), value: argv[i + 1] ?? '' }] : []))
}

function parseOption(worker: string, spec: NonNullable<AnyWorker['options']>[string], text: string): unknown {
  try {
    return spec.parse(text)
  } catch (error) {
    throw usage(
      'OPTION_INVALID',
      `--${flagName(spec.flag)} of ${worker} cannot be "${text}"`,
      error instanceof Error ? error.message : String(error),
    )
  }
}
