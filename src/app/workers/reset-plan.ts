import { topicsMissing } from '../../kafka/missing-topics.ts'
import { PayflowError } from '../../errors.ts'
import type { GroupMember } from '../../kafka/group-members.ts'
import type { NewTopic } from '../../kafka/topic-creation.ts'
import { DEAD_LETTERS, groupOf, inboxTopic, stateTopic, transactionalIdOf } from '../../pipeline/events/topics.ts'
import { outputNames, outputsOf, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { internalTopics } from '../../runtime/internal-topics.ts'

/** What a reset needs to know of the cluster. */
export interface ResetState {
  readonly topics: ReadonlyMap<string, Omit<NewTopic, 'topic'>>
  readonly groups: readonly string[]
  readonly members: readonly GroupMember[]
  /** Dead letters of each worker that are not void yet. */
  readonly deadLetters: ReadonlyMap<string, number>
  /** Groups that are not payflow's and have offsets in these topics. */
  readonly foreignReaders: readonly { readonly group: string; readonly topic: string }[]
}

export interface ResetOptions {
  /** Outputs stay, and get every result a second time. */
  readonly keepOutput: boolean
  /** For topics that do not exist yet. */
  readonly partitions: number
  readonly replicationFactor: number
}

export interface WorkerResetPlan {
  /** Those that were named, then those that read what they write. */
  readonly workers: readonly string[]
  readonly deleteGroups: readonly string[]
  /** Ids of the workers' producers: a process that still holds one of them can no longer write. */
  readonly fence: readonly { readonly worker: string; readonly transactionalIds: readonly string[] }[]
  /** Deleted before anything else of the topics. */
  readonly deleteOutputs: readonly string[]
  readonly deleteInternal: readonly string[]
  readonly createTopics: readonly NewTopic[]
  /** Workers whose dead letters become void. */
  readonly voidDeadLetters: readonly string[]
  readonly members: readonly GroupMember[]
  readonly notes: readonly string[]
}

/** The workers named, and those that read what these write, and so on. */
export function affectedBy(
  named: readonly AnyWorker[],
  all: readonly AnyWorker[],
  { keepOutput }: { keepOutput: boolean },
): AnyWorker[] {
  const affected = [...named]
  for (const writer of affected)
    for (const worker of keepOutput ? [] : all)
      if (!affected.some(({ name }) => name === worker.name) && outputNames(writer).some((name) => reads(worker, name)))
        affected.push(worker)
  return affected
}

export const reads = ({ inputs }: AnyWorker, topic: string): boolean =>
  Object.values(inputs).some(({ name }) => name === topic)

/** @throws PayflowError when an input is missing, or inputs that are joined have different numbers of partitions */
export function planWorkerReset(
  named: readonly AnyWorker[],
  all: readonly AnyWorker[],
  state: ResetState,
  options: ResetOptions,
): WorkerResetPlan {
  const workers = affectedBy(named, all, options)
  const outputs = options.keepOutput ? [] : [...new Set(workers.flatMap(outputNames))]
  const internal = workers.flatMap(({ name }) => [stateTopic(name), inboxTopic(name)])
  const exists = (topic: string): boolean => state.topics.has(topic)
  const created = workers.flatMap((worker) => recreated(worker, state, options, outputs))
  return {
    workers: workers.map(({ name }) => name),
    deleteGroups: workers.map(({ name }) => groupOf(name)).filter((group) => state.groups.includes(group)),
    fence: workers.map((worker) => ({
      worker: worker.name,
      transactionalIds: transactionalIds(worker, state, created),
    })),
    deleteOutputs: outputs.filter(exists),
    deleteInternal: internal.filter(exists),
    createTopics: created.filter(({ topic }, i) => created.findIndex((other) => other.topic === topic) === i),
    voidDeadLetters: workers.map(({ name }) => name).filter((name) => (state.deadLetters.get(name) ?? 0) > 0),
    members: state.members,
    notes: notesOn(workers, named, all, state, options),
  }
}

/** A worker's own topics as they are to be: internal ones as wide as its inputs are now, the output as it was. */
function recreated(
  worker: AnyWorker,
  { topics }: ResetState,
  { partitions, replicationFactor }: ResetOptions,
  outputs: readonly string[],
): NewTopic[] {
  const { name } = worker
  const width = inputPartitions(worker, topics, partitions, outputs)
  const copies = topics.get(stateTopic(name))?.replicationFactor ?? replicationFactor
  const own = internalTopics([worker], { partitions: width, replicationFactor: copies })
  return [
    ...outputNames(worker).flatMap((topic) =>
      outputs.includes(topic) ? [{ topic, ...(topics.get(topic) ?? { partitions, replicationFactor }) }] : [],
    ),
    ...own.filter(({ topic }) => topic !== DEAD_LETTERS),
  ]
}

function inputPartitions(
  worker: AnyWorker,
  topics: ResetState['topics'],
  usual: number,
  outputs: readonly string[],
): number {
  const inputs = Object.values(worker.inputs).map(({ name }) => name)
  const missing = inputs.filter((topic) => !topics.has(topic) && !outputs.includes(topic))
  if (missing.length > 0) throw topicsMissing(missing, { neededBy: `${worker.name} reads` })
  const widths = inputs.map((topic) => topics.get(topic)?.partitions ?? usual)
  const widest = Math.max(...widths)
  const narrow = inputs.filter((_, i) => widths[i] !== widest)
  if (narrow.length === 0) return widest
  const counts = inputs.map((topic, i) => `${topic} (${widths[i] ?? 0} partitions)`)
  throw new PayflowError(
    'NOT_COPARTITIONED',
    `${worker.name} joins ${counts.join(' and ')}, which must have the same number`,
    {
      kind: 'failed',
      hint: `first: \`payflow topics add-partitions ${narrow[0]!} ${widest}\``,
    },
  )
}

function transactionalIds({ name }: AnyWorker, { topics }: ResetState, created: readonly NewTopic[]): string[] {
  const own = stateTopic(name)
  const before = topics.get(own)?.partitions ?? 0
  const after = created.find(({ topic }) => topic === own)?.partitions ?? 0
  return Array.from({ length: Math.max(before, after) }, (_, partition) => transactionalIdOf(name, partition))
}

function notesOn(
  workers: readonly AnyWorker[],
  named: readonly AnyWorker[],
  all: readonly AnyWorker[],
  { deadLetters, foreignReaders }: ResetState,
  { keepOutput }: ResetOptions,
): string[] {
  const notes: string[] = []
  for (const { name, inputs } of workers.slice(named.length))
    notes.push(`${name} is reset too: it reads ${Object.values(inputs).map((input) => input.name).join(', ')}`) // prettier-ignore
  for (const output of keepOutput ? workers.flatMap(outputsOf) : []) {
    notes.push(`${output.name} keeps what it holds and gets every result a second time`)
    for (const reader of all.filter((worker) => reads(worker, output.name)))
      notes.push(`${reader.name} will count each record of ${output.name} twice`)
  }
  for (const { name } of workers) {
    const count = deadLetters.get(name) ?? 0
    if (count > 0) notes.push(`${count} dead letters of ${name} become void: it will judge those records again`)
  }
  for (const { group, topic } of foreignReaders)
    notes.push(`group ${group} has offsets in ${topic}, which starts again at 0: move it with \`payflow groups reset ${group} --topic ${topic} --to start --yes\``) // prettier-ignore
  return notes
}

/** A plan in words, a line each. */
export function describeWorkerReset(plan: WorkerResetPlan): string[] {
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))
  return [
    `rebuild: ${plan.workers.join(', ')}`,
    `delete groups: ${list(plan.deleteGroups)}`,
    `delete topics: ${list([...plan.deleteOutputs, ...plan.deleteInternal])}`,
    ...plan.createTopics.map(({ topic, partitions }) => `create ${topic}: ${partitions} partitions`),
    ...plan.notes.map((note) => `note: ${note}`),
    ...plan.members.map(({ group, clientId, host }) => `first end the member of ${group}: ${clientId} at ${host}`),
  ]
}
