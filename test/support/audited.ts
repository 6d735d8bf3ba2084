import type { Findings, FoundOutput } from '../../src/pipeline/audit/rule.ts'
import { auditRules } from '../../src/pipeline/audit/rules.ts'
import type { TopicEvent } from '../../src/pipeline/testing/events.ts'
import { Fold } from '../../src/pipeline/testing/fold.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { partitionOf } from '../../src/kafka/partitioner.ts'

const PARTITIONS = 3

export interface Case {
  /** Of the worker. */
  readonly name: string
  /** In the order in which the worker takes them; each lies in the partition of its user. */
  readonly events: readonly TopicEvent[]
  /** Options of the worker, as they are typed. */
  readonly typed?: Readonly<Record<string, string>>
}

export interface Judging {
  /** So many of the events have been processed for certain; all when absent. */
  readonly required?: number
  /** Users whose records came through the inbox. */
  readonly unordered?: ReadonlySet<string>
  /** Numbers from 0 to 1 that decide how inputs and outputs are read side by side. */
  readonly weave?: readonly number[]
}

export const homeOf = (key: string): number => partitionOf(key, PARTITIONS)
const userOf = ({ event }: TopicEvent): string => String((event as { user_id: number }).user_id)

/** What the worker's own steps write for the first `most` of the events, as it lies in the topic. */
export function written({ name, events, typed = {} }: Case, most = events.length): FoundOutput[] {
  const worker = findWorker(name)!
  const folds = Array.from({ length: PARTITIONS }, () => new Fold(worker, typed))
  const texts: { key: string; text: string }[] = []
  for (const happened of events.slice(0, most)) {
    const fold = folds[homeOf(userOf(happened))]!
    fold.clear()
    fold.process(happened)
    for (const event of fold.emitted)
      texts.push({ key: worker.output.key(event), text: worker.output.shape.encode(event) })
  }
  return laid(texts.map(({ key, text }) => ({ partition: homeOf(key), key, text })))
}

/** Gives each record the next offset of its partition. */
export function laid(records: readonly Omit<FoundOutput, 'offset'>[]): FoundOutput[] {
  const next = Array.from({ length: PARTITIONS }, () => 0)
  return records.map((record) => ({ ...record, offset: next[record.partition]!++ }))
}

/** Holds outputs against events by the worker's rule. */
export function judge(
  { name, events, typed = {} }: Case,
  outputs: readonly FoundOutput[],
  { required = events.length, unordered = new Set(), weave = [] }: Judging = {},
): Findings & { refused: number } {
  const worker = findWorker(name)!
  const options = Object.fromEntries(
    Object.entries(worker.options ?? {}).map(([name, spec]) => [name, spec.parse(typed[name] ?? spec.default)]),
  )
  const rule = auditRules.get(name)!({ output: worker.output, options, unordered, partitionOf: homeOf, taskOf: homeOf }) // prettier-ignore
  const offsets = new Map<string, number>()
  const placed = events.map((happened, i) => {
    const alias = Object.keys(worker.inputs).find((name) => worker.inputs[name]!.name === happened.topic.name)!
    const partition = homeOf(userOf(happened))
    const at = `${alias} ${partition}`
    const offset = offsets.get(at) ?? 0
    offsets.set(at, offset + 1)
    const place = { topic: happened.topic.name, partition, offset }
    return { alias, event: happened.event, key: null, place, task: partition, required: i < required }
  })
  let refused = 0
  const take = (input: (typeof placed)[number]): void => {
    if (rule.input(input)) refused++
  }
  const last = rule.aliases.at(-1)
  for (const alias of rule.aliases.slice(0, -1)) placed.filter((input) => input.alias === alias).forEach(take)
  const inputs = placed.filter((input) => input.alias === last)
  const found = [...outputs]
  for (let i = 0; inputs.length + found.length > 0; i++) {
    const takesOutput = inputs.length === 0 || (found.length > 0 && (weave[i % weave.length] ?? 0) > 0.5)
    if (takesOutput) rule.output(found.shift()!)
    else take(inputs.shift()!)
  }
  return { ...rule.findings(), refused }
}

export const isRight = ({ missing, unexpected, disordered }: Findings): boolean =>
  missing + unexpected + disordered === 0

/** The same with the i-th record changed, taken away, or another one put behind it. */
export const replaced = (outputs: readonly FoundOutput[], i: number, ...by: readonly Partial<FoundOutput>[]) =>
  laid(outputs.toSpliced(i, 1, ...by.map((changes) => ({ ...outputs[i]!, ...changes }))))
