import type { ZodType } from 'zod'
import type { RuleOf } from '../audit/rule.ts'
import type { TallyRules } from './tally.ts'
import type { EventOf, TopicSpec } from '../events/topics.ts'

/**
 * What a step returns; nothing is ever emitted as a side effect.
 * `state` is the key's new state (`null` deletes it, absent leaves it); `emit` holds events of the output topic;
 * `reject` is one readable sentence that makes the input a dead letter, with no other effect.
 * `late` says that the input came too late to count; that is only counted.
 */
export interface StepResult<State, Output> {
  readonly state?: State | null
  readonly emit?: readonly Output[]
  readonly reject?: string
  readonly late?: boolean
}

/** An option of a worker as a user types it. */
export interface WorkerOption<Value> {
  /** The option and what it takes: `--threshold <amount>`. */
  readonly flag: string
  readonly description: string
  /** The default in the spelling of the command line: `500`, `10m`. */
  readonly default: string
  /** Throws an Error that says what is allowed: `expected an amount such as 500 or 499.99, not "lots"`. */
  readonly parse: (text: string) => Value
}

export type OptionSpecs = Readonly<Record<string, WorkerOption<unknown>>>
type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends WorkerOption<infer Value> ? Value : never
}

export type InputSpecs = Readonly<Record<string, TopicSpec>>
/** `undefined`: the input has no effect. */
export type StepReturn<State, Output> = StepResult<State, Output> | undefined

interface StateSpec<Inputs extends InputSpecs, State> {
  /** What a changelog record must hold; checked when state is restored. */
  readonly schema: ZodType<State>
  /** State of a key that has none. */
  readonly initial: State
  /** The key of an event's state. Every key belongs to one user: state of a partition's users lives in that partition. */
  readonly key: { readonly [Alias in keyof Inputs]: (event: EventOf<Inputs[Alias]>) => string }
}

/**
 * A worker: a pure function of (state, event) that knows nothing of Kafka. Steps return new states and change none.
 *
 * `dueAt` and `onTime` are event-time timers. A task's event time is the greatest timestamp it has processed. When an event moves it
 * on, and its own step is done, `onTime(eventTime, state)` is called for every key whose `dueAt(state)` has been reached; the state
 * that it leaves must not be due any more.
 */
export interface WorkerDefinition<
  Inputs extends InputSpecs = InputSpecs,
  Output = unknown,
  State = unknown,
  Options extends OptionSpecs = OptionSpecs,
> {
  /** Lower-case words joined by dashes; it names the group, the state topic and the command. */
  readonly name: string
  /** One line for lists and help. */
  readonly summary: string
  readonly inputs: Inputs
  readonly output: TopicSpec<Output>
  readonly options?: Options
  readonly state?: StateSpec<Inputs, State>
  readonly on: {
    readonly [Alias in keyof Inputs]: (
      event: EventOf<Inputs[Alias]>,
      state: State,
      options: OptionValues<Options>,
    ) => StepReturn<NoInfer<State>, NoInfer<Output>>
  }
  readonly dueAt?: (state: State, options: OptionValues<Options>) => number | undefined
  readonly onTime?: (
    now: number,
    state: State,
    options: OptionValues<Options>,
  ) => StepReturn<NoInfer<State>, NoInfer<Output>>
  /** What metrics count of its outputs; of built-in workers only. */
  readonly tally?: TallyRules<NoInfer<Output>, NoInfer<State>>
  /** What the output must be, for `payflow audit`: stated independently of the steps. */
  readonly audit?: RuleOf
}

/** A definition whose types are forgotten: what the runtime and the registry hold. */
export interface AnyWorker {
  readonly name: string
  readonly summary: string
  readonly inputs: InputSpecs
  readonly output: TopicSpec
  readonly options?: OptionSpecs
  readonly state?: {
    readonly schema: ZodType
    readonly initial: unknown
    readonly key: Readonly<Record<string, (event: never) => string>>
  }
  readonly on: Readonly<Record<string, (event: never, state: never, options: never) => StepReturn<unknown, unknown>>>
  readonly dueAt?: (state: never, options: never) => number | undefined
  readonly onTime?: (now: number, state: never, options: never) => StepReturn<unknown, unknown>
  readonly audit?: RuleOf
  readonly tally?: TallyRules<never, never>
  /** The file that a custom definition was read from; absent for the built-in workers. */
  readonly file?: string
}

/** What the entries of `on`, and `onTime`, are to their caller: a definition vouches for its own types. */
export type AnyStep = (event: unknown, state: unknown, options: unknown) => StepReturn<unknown, unknown>
export type AnyOnTime = (now: number, state: unknown, options: unknown) => StepReturn<unknown, unknown>

/** Whether somebody else wrote the definition: then nothing vouches for its types. */
export const isCustom = ({ file }: AnyWorker): boolean => file !== undefined

/** How a command line names a worker: a custom worker by its file. */
export const spelledAs = ({ name, file }: AnyWorker): string => file ?? name

/** Checks the definition's types and hands it back. */
export function defineWorker<const Inputs extends InputSpecs, Output, State, const Options extends OptionSpecs>(
  definition: WorkerDefinition<Inputs, Output, State, Options>,
): WorkerDefinition<Inputs, Output, State, Options> {
  return definition
}
