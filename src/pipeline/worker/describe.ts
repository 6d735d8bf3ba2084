import {
  DEAD_LETTERS,
  groupOf,
  inboxTopic,
  stateTopic,
  transactionalIdPrefix,
  type TopicSpec,
} from '../events/topics.ts'
import { auditedOf } from './audited.ts'
import { allOptions } from './max-ahead.ts'
import { meaningOfNull } from './null-values.ts'
import type { AnyState, AnyWorker } from './definition.ts'

interface InputDescription {
  /** As the definition calls it. */
  readonly input: string
  readonly topic: string
  /** Whether its events have a time: they move event time, and are taken in its order. */
  readonly hasTime: boolean
  /** What decides in which partition its records are processed; null: the one that they lie in. */
  readonly placedBy: { readonly part: string; readonly text: string } | null
  /** What a record without a value means: `dead letter`, `delete`, `ignore`, or the code of a step. */
  readonly whenNull: string
}

interface OutputDescription {
  /** As the definition calls it; null where it has only one. */
  readonly output: string | null
  readonly topic: string
  /** The code of its key, in one line. */
  readonly key: string
}

export interface StateDescription {
  /** As the definition calls it; null where it has only one. */
  readonly state: string | null
  /** For each input that has to do with it, the code of its key. */
  readonly key: Readonly<Record<string, string>>
  readonly initial: unknown
  readonly hasTimers: boolean
}

/** What follows from a definition. */
export interface WorkerDescription {
  readonly worker: string
  readonly summary: string
  /** Of a custom worker. */
  readonly file: string | null
  readonly group: string
  /** What its transactional ids begin with. */
  readonly transactionalIds: string
  readonly inputs: readonly InputDescription[]
  readonly outputs: readonly OutputDescription[]
  readonly states: readonly StateDescription[]
  /** Of its state, and of how far it is. */
  readonly changelog: string
  /** Where records go that another partition's task has to process, and dead letters that are replayed. */
  readonly inbox: string
  readonly deadLetters: string
  readonly options: readonly { readonly flag: string; readonly description: string; readonly default: string }[]
  /** Whether `payflow audit` knows what it must write. */
  readonly isAuditable: boolean
}

/** The code of a function in one line. */
const codeOf = (of: unknown): string => String(of).replaceAll(/\s+/g, ' ')

/** Known to be right: what `checkWorker` has let pass. */
export function describeWorker(worker: AnyWorker): WorkerDescription {
  const { name, summary, file = null, output, outputs } = worker
  return {
    worker: name,
    summary,
    file,
    group: groupOf(name),
    transactionalIds: transactionalIdPrefix(name),
    inputs: Object.entries(worker.inputs).map(([input, topic]) => inputOf(worker, input, topic)),
    outputs: outputs
      ? Object.entries(outputs).map(([alias, topic]) => outputOf(alias, topic))
      : [outputOf(null, output)],
    states: statesOf(worker),
    changelog: stateTopic(name),
    inbox: inboxTopic(name),
    deadLetters: DEAD_LETTERS,
    options: Object.values(allOptions(worker)).map(({ flag, description, default: usual }) => ({ flag, description, default: usual })), // prettier-ignore
    isAuditable: auditedOf(worker) !== undefined,
  }
}

function inputOf(worker: AnyWorker, input: string, topic: TopicSpec): InputDescription {
  return { input, topic: topic.name, hasTime: topic.timeOf !== undefined, placedBy: placeOf(worker, input), whenNull: whenNull(worker, input) } // prettier-ignore
}

function whenNull(worker: AnyWorker, input: string): string {
  const meaning = meaningOfNull(worker, input) ?? 'dead letter'
  return typeof meaning === 'string' ? meaning : codeOf(meaning)
}

function placeOf({ state, states, partitionBy }: AnyWorker, input: string): InputDescription['placedBy'] {
  const own = partitionBy?.[input]
  if (own) return { part: `partitionBy.${input}`, text: codeOf(own) }
  const [name, of] = Object.entries(states ?? { '': state }).find(([, each]) => each?.key[input]) ?? []
  if (!of) return null
  return { part: `${states ? `states.${name!}` : 'state'}.key.${input}`, text: codeOf(of.key[input]) }
}

const outputOf = (output: string | null, topic: TopicSpec): OutputDescription => ({ output, topic: topic.name, key: codeOf((topic as { readonly key: object }).key) }) // prettier-ignore

function statesOf({ state, states, onTime }: AnyWorker): StateDescription[] {
  const of = (name: string | null, { key, initial }: Pick<AnyState, 'key' | 'initial'>, hasTimers: boolean): StateDescription => ({
    state: name,
    key: Object.fromEntries(Object.entries(key).map(([input, keyOfEvent]) => [input, codeOf(keyOfEvent)])),
    initial,
    hasTimers,
  }) // prettier-ignore
  if (states) return Object.entries(states).map(([name, each]) => of(name, each, each.onTime !== undefined))
  return state ? [of(null, state, onTime !== undefined)] : []
}
