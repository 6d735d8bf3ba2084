import type { TopicSpec } from '../events/topics.ts'

/** Where a record lies. */
export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** One difference. What was expected or found is null when there is nothing of the kind. */
export interface Difference {
  readonly topic: string
  /** null: any. */
  readonly partition: number | null
  /** Of what was found. */
  readonly offset: number | null
  readonly expected: string | null
  readonly found: string | null
  /** What is wrong, when the two do not say it. */
  readonly note?: string
  /** The input from which the expected event follows. */
  readonly input?: Place
}

export interface Findings {
  /** Events that must be there, and those that may be and are. */
  readonly expected: number
  readonly actual: number
  readonly missing: number
  readonly unexpected: number
  /** Keys whose events are all there, but in another order than they must be. */
  readonly disordered: number
  /** Of `actual`: from inputs beyond the committed offsets, whose transactions may have been under way. */
  readonly unjudged: number
  /** Keys that could be checked against limits only, because the order of their inputs is not known. */
  readonly limited: number
  readonly differences: readonly Difference[]
}

/** An input that the worker has processed: valid, and where its state is. */
export interface AuditedInput {
  /** The input's name in the definition. */
  readonly alias: string
  /** Null for a record without a value, of an input that may have such (`onNull`). */
  readonly event: unknown
  /** Of the record where it was first read, as text; null: it has none. */
  readonly key: string | null
  readonly place: Place
  /** The task that processed it. */
  readonly task: number
  /** What decides the partition of its state; undefined for a worker that keeps none. */
  readonly text?: string | undefined
  /** False when it lies beyond the committed offsets, and may have been processed or not. */
  readonly required: boolean
}

export interface FoundOutput {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly text: string | null
}

export interface RuleSetup {
  readonly output: TopicSpec
  /** As the worker's definition reads them. */
  readonly options: Readonly<Record<string, unknown>>
  /** The output's partition of a key. */
  readonly partitionOf: (key: string) => number
  /** The task that keeps a state, by the text that decides its partition (`partitionBy`, or the key of the state). */
  readonly taskOf: (text: string) => number
  /** Such texts of records that took the detour through the inbox: nobody knows in which order theirs were processed. */
  readonly unordered: ReadonlySet<string>
}

/** What a worker's output must hold, given its inputs. Written independently of the worker's steps. */
export interface Rule {
  /** In which order the inputs are to be read: each one wholly before the next; the last one side by side with the output. */
  readonly aliases: readonly string[]
  /** Why a worker may refuse a record that this rule would not, in its words; absent: never. */
  readonly mayRefuse?: RegExp
  /** Why a worker may refuse a record although the order of the inputs is known: what this rule does not look at. */
  readonly mayRefuseAnyway?: RegExp
  /** True when the worker must refuse the record. */
  input(record: AuditedInput): boolean
  output(record: FoundOutput): void
  /** How many events more are expected than came, in a partition of the output so far. */
  lead(partition: number): number
  findings(): Findings
}

export type RuleOf = (setup: RuleSetup) => Rule
