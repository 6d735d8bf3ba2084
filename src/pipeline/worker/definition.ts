import type { ZodType } from 'zod'
import type { RuleOf } from '../audit/rule.ts'
import type { TallyRules } from './tally.ts'
import type { OutputRecord } from '../events/output-record.ts'
import type { EventOf, TopicSpec } from '../events/topics.ts'
import type { RecordContext } from './context.ts'
import type { KeyedRecord } from './keyed-record.ts'
import type { OptionSpecs, OptionValues } from './option-specs.ts'

/** What one output gets: events, each perhaps with a key and headers of its own (`toRecord`). */
type Emitted<Output> = readonly (Output | OutputRecord<Output>)[]

/**
 * What a step returns; nothing is ever emitted as a side effect.
 * `state` is the key's new state (`null` deletes it, absent leaves it); `emit` holds events of the output topic;
 * `reject` is one readable sentence that makes the input a dead letter, with no other effect.
 * `late` says that the input came too late to count; that is only counted.
 * Where a worker has several states or outputs, `state` and `emit` are objects of those that change, by their names.
 */
export interface StepResult<State, Output, Emit = Emitted<Output>> {
  readonly state?: State | null
  readonly emit?: Emit
  readonly reject?: string
  readonly late?: boolean
}

export type InputSpecs = Readonly<Record<string, TopicSpec>>
/** `undefined`: the input has no effect. */
type StepReturn<State, Output, Emit = Emitted<Output>> = StepResult<State, Output, Emit> | undefined

/** A text by which state lies. A record without the key that this asks for becomes a dead letter. */
type TextOf<Event> = (event: Event, record: KeyedRecord) => string
/** What a record without a value does: `delete` the state of its key, `ignore` it, or a step. */
type WhenNull<State, Options, Return, Context = RecordContext> = 'delete' | 'ignore' | ((state: State, options: Options, context: Context) => Return) // prettier-ignore

interface StateSpec<Inputs extends InputSpecs, State> {
  /** What a changelog record must hold; checked when state is restored. */
  readonly schema: ZodType<State>
  /** State of a key that has none. */
  readonly initial: State
  /** The key of an event's state: from the event, or from its record's key (`(event, { key }) => key`). */
  readonly key: { readonly [Alias in keyof Inputs]: TextOf<EventOf<Inputs[Alias]>> }
}

/** What every worker says of itself. `State`: as a step gets it. `Emit`: as a step returns it. */
interface CommonDefinition<
  Inputs extends InputSpecs,
  Output,
  State,
  Options extends OptionSpecs,
  Emit,
  Changes = State,
> {
  /** Lower-case words joined by dashes; it names the group, the state topic and the command. */
  readonly name: string
  /** One line for lists and help. */
  readonly summary: string
  readonly inputs: Inputs
  readonly options?: Options
  /**
   * The text that decides in which partition an event's state lies; the key of the state where it says nothing. A record that lies elsewhere is
   * handed on through the worker's inbox. Needed only where records of one state are known to lie together by another text, such as all
   * orders of a user: then none has to be handed on. The state of one key must always get the same text.
   */
  readonly partitionBy?: { readonly [Alias in keyof Inputs]?: TextOf<EventOf<Inputs[Alias]>> }
  /** For each input, what its events do. `context` says what the record carries besides; of custom workers only. */
  readonly on: {
    readonly [Alias in keyof Inputs]: (
      event: EventOf<Inputs[Alias]>,
      state: State,
      options: OptionValues<Options>,
      context: RecordContext,
    ) => StepReturn<NoInfer<Changes>, NoInfer<Output>, NoInfer<Emit>>
  }
  /**
   * For each input whose records may have no value (tombstones), what such a record means; where this says nothing, it is a dead letter. It has no
   * event, so its state is that of the record's key: events of that input must have the same key for their state, or are dead letters.
   */
  readonly onNull?: {
    readonly [
      Alias in keyof Inputs
    ]?: WhenNull<State, OptionValues<Options>, StepReturn<NoInfer<Changes>, NoInfer<Output>, NoInfer<Emit>>> // prettier-ignore
  }
}

/** Event-time timers of a state: see `WorkerDefinition`. */
interface Timers<State, Output, Options extends OptionSpecs, Emit> {
  readonly dueAt?: (state: State, options: OptionValues<Options>) => number | undefined
  readonly onTime?: (
    now: number,
    state: State,
    options: OptionValues<Options>,
  ) => StepReturn<NoInfer<State>, NoInfer<Output>, NoInfer<Emit>>
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
>
  extends
    CommonDefinition<Inputs, Output, State, Options, Emitted<Output>>,
    Timers<State, Output, Options, Emitted<Output>> {
  readonly output: TopicSpec<Output>
  readonly state?: StateSpec<Inputs, State>
  /** What metrics count of its outputs; of built-in workers only. */
  readonly tally?: TallyRules<NoInfer<Output>, NoInfer<State>>
  /** What the output must be, for `payflow audit`: stated independently of the steps. */
  readonly audit?: RuleOf
}

/** As `defineWorker` hands it back: a test may call a step that asks for no context. */
export type DefinedWorker<
  Inputs extends InputSpecs,
  Output,
  State,
  Options extends OptionSpecs,
  Definition extends WorkerDefinition<Inputs, Output, State, Options> = WorkerDefinition<
    Inputs,
    Output,
    State,
    Options
  >,
> = Omit<Definition, 'on'> & {
  readonly on: {
    readonly [Alias in keyof Inputs]: (
      event: EventOf<Inputs[Alias]>,
      state: State,
      options: OptionValues<Options>,
      context?: RecordContext,
    ) => StepReturn<State, Output>
  }
}

type OutputSpecs = Readonly<Record<string, TopicSpec>>
type EmitTo<Outputs extends OutputSpecs> = { readonly [Name in keyof Outputs]?: Emitted<EventOf<Outputs[Name]>> }

/** One of several states: its own key for each input that needs it, and its own timers. */
type NamedStates<Inputs extends InputSpecs, States, Options extends OptionSpecs, Output, Emit> = {
  readonly [Name in keyof States]: Omit<StateSpec<Inputs, States[Name]>, 'key'> & {
    readonly key: { readonly [Alias in keyof Inputs]?: TextOf<EventOf<Inputs[Alias]>> }
  } & Timers<States[Name], Output, Options, Emit>
}
/** `null` deletes, absent leaves. */
type StateChanges<States> = { readonly [Name in keyof States]?: States[Name] | null }

interface SeveralOutputs<Outputs extends OutputSpecs> {
  readonly outputs: Outputs
  /** By the name of the output: what it must be, for `payflow audit`. */
  readonly audit?: { readonly [Name in keyof Outputs]?: RuleOf }
}

/** A worker with several outputs: steps emit `{ alerts: [...] }`. */
export type ManyOutputs<
  Inputs extends InputSpecs,
  Outputs extends OutputSpecs,
  State,
  Options extends OptionSpecs,
> = CommonDefinition<Inputs, never, State, Options, EmitTo<Outputs>> &
  Timers<State, never, Options, EmitTo<Outputs>> &
  SeveralOutputs<Outputs> & { readonly state?: StateSpec<Inputs, State> }

/** A worker with several states: steps get and return `{ carts, totals }`. All states of an event lie in one partition. */
export type ManyStates<Inputs extends InputSpecs, Output, States, Options extends OptionSpecs> = CommonDefinition<
  Inputs,
  Output,
  States,
  Options,
  Emitted<Output>,
  StateChanges<States>
> & {
  readonly output: TopicSpec<Output>
  readonly states: NamedStates<Inputs, States, Options, Output, Emitted<Output>>
  readonly audit?: RuleOf
}

export type ManyOfBoth<
  Inputs extends InputSpecs,
  Outputs extends OutputSpecs,
  States,
  Options extends OptionSpecs,
> = CommonDefinition<Inputs, never, States, Options, EmitTo<Outputs>, StateChanges<States>> &
  SeveralOutputs<Outputs> & { readonly states: NamedStates<Inputs, States, Options, never, EmitTo<Outputs>> }

/** A definition whose types are forgotten: what the runtime and the registry hold. */
export interface AnyWorker {
  readonly name: string
  readonly summary: string
  readonly inputs: InputSpecs
  /** The first of several. */
  readonly output: TopicSpec
  /** Where there are several, or where their names are said. */
  readonly outputs?: Readonly<Record<string, TopicSpec>>
  readonly options?: OptionSpecs
  readonly state?: {
    readonly schema: ZodType
    readonly initial: unknown
    readonly key: Readonly<Record<string, (event: never, record: never) => string>>
  }
  /** Several, by their names; then `state` stands for all of them (`oneOfStates`). */
  readonly states?: Readonly<Record<string, AnyState>>
  readonly partitionBy?: Readonly<Record<string, ((event: never, record: never) => string) | undefined>>
  readonly on: Readonly<
    Record<
      string,
      (event: never, state: never, options: never, context?: never) => StepReturn<unknown, unknown, unknown>
    >
  >
  readonly onNull?: Readonly<Record<string, WhenNull<never, never, AnyReturn, never> | undefined>>
  readonly dueAt?: (state: never, options: never) => number | undefined
  readonly onTime?: (now: number, state: never, options: never) => StepReturn<unknown, unknown, unknown>
  readonly audit?: RuleOf | Readonly<Record<string, RuleOf | undefined>>
  readonly tally?: TallyRules<never, never>
  /** The file that a custom definition was read from; absent for the built-in workers. */
  readonly file?: string
}

/** One of several states, its types forgotten. */
export interface AnyState {
  readonly schema: ZodType
  readonly initial: unknown
  readonly key: Readonly<Record<string, ((event: never, record: never) => string) | undefined>>
  readonly dueAt?: (state: never, options: never) => number | undefined
  readonly onTime?: (now: number, state: never, options: never) => StepReturn<unknown, unknown, unknown>
}

/** What the entries of `on`, and `onTime`, are to their caller: a definition vouches for its own types. */
export type AnyStep = (event: unknown, state: unknown, options: unknown, context?: RecordContext) => AnyReturn
export type AnyOnTime = (now: number, state: unknown, options: unknown) => AnyReturn
export type AnyReturn = StepReturn<unknown, unknown, unknown>

/** Whether somebody else wrote the definition: then nothing vouches for its types. */
export const isCustom = ({ file }: AnyWorker): boolean => file !== undefined

/** How a command line names a worker: a custom worker by its file. */
export const spelledAs = ({ name, file }: AnyWorker): string => file ?? name

/** The topics that a worker writes. */
export const outputsOf = ({ output, outputs }: AnyWorker): readonly TopicSpec[] =>
  outputs ? Object.values(outputs) : [output]

export const outputNames = (worker: AnyWorker): string[] => outputsOf(worker).map(({ name }) => name)
