import type { Right } from '../../kafka/rights.ts'
import { DEAD_LETTERS, groupOf, inboxTopic, publicTopics, stateTopic, transactionalIdPrefix } from '../../pipeline/events/topics.ts' // prettier-ignore
import { kinds } from '../../pipeline/sources/source.ts'
import { outputNames, type AnyWorker } from '../../pipeline/worker/definition.ts'

/** As Kafka's ACLs call them. */
type Operation = 'Read' | 'Write' | 'Create' | 'Describe' | 'DescribeConfigs'

/** What an ACL allows on one resource. The cluster has no name. */
export interface Grant {
  readonly resource: Right['resource']
  readonly name: string
  readonly pattern: 'literal' | 'prefixed'
  readonly operations: readonly Operation[]
}

/** What a principal is to do. */
export interface Purposes {
  /** Create the topics of payflow and of `workers`. */
  readonly topics: boolean
  readonly produce: boolean
  readonly run: boolean
  readonly audit: boolean
  /** Also read the settings that workers check at their start; without these rights nothing fails, and nothing is checked. */
  readonly checks: boolean
  /** Whom `topics`, `run` and `audit` are about. */
  readonly workers: readonly AnyWorker[]
}

const kafkasOwn = ['__consumer_offsets', '__transaction_state']
/** Each of these implies Describe. */
const describing: ReadonlySet<Operation> = new Set(['Read', 'Write'])

const grant = (resource: Grant['resource'], name: string, ...operations: Operation[]): Grant => ({
  ...{ resource, name, operations },
  pattern: resource === 'transactional id' ? 'prefixed' : 'literal',
})
const on = (...operations: Operation[]) => (topic: string): Grant => grant('topic', topic, ...operations) // prettier-ignore

const inputsOf = ({ inputs }: AnyWorker): string[] => Object.values(inputs).map(({ name }) => name)
const internalOf = ({ name }: AnyWorker): string[] => [stateTopic(name), inboxTopic(name)]
const topicsOf = (worker: AnyWorker): string[] => [...inputsOf(worker), ...outputNames(worker), ...internalOf(worker), DEAD_LETTERS] // prettier-ignore

/** A worker is a consumer group, and the transactions that write all that it writes. Who keeps no state hands nothing on. */
function running(worker: AnyWorker): Grant[] {
  const { name, state } = worker
  return [
    ...inputsOf(worker).map(on('Read')),
    ...outputNames(worker).map(on('Write')),
    on('Write')(DEAD_LETTERS),
    on('Read', 'Write')(stateTopic(name)),
    state ? on('Read', 'Write')(inboxTopic(name)) : on('Read')(inboxTopic(name)),
    grant('group', groupOf(name), 'Read'),
    grant('transactional id', transactionalIdPrefix(name), 'Write'),
  ]
}

/** What it reads and what it wrote; the progress record in its state counts where the group has no offsets any more. */
const auditing = (worker: AnyWorker): Grant[] => [
  ...topicsOf(worker).map(on('Read')),
  grant('group', groupOf(worker.name), 'Describe'),
]

const creating = (workers: readonly AnyWorker[]): Grant[] =>
  [
    ...publicTopics.map(({ name }) => name),
    DEAD_LETTERS,
    ...workers.flatMap((worker) => [...outputNames(worker), ...internalOf(worker)]),
  ].map(on('Create', 'Describe'))

const checking = (workers: readonly AnyWorker[]): Grant[] => [
  ...workers.flatMap(topicsOf).map(on('DescribeConfigs')),
  ...kafkasOwn.map(on('Describe', 'DescribeConfigs')),
  grant('cluster', '', 'DescribeConfigs'),
]

/** The least rights for these purposes, one entry a resource. */
export function grantsFor({ topics, produce, run, audit, checks, workers }: Purposes): Grant[] {
  const all = [
    ...(topics ? creating(workers) : []),
    ...(produce ? kinds.map(on('Write')) : []),
    ...(produce && checks ? kinds.map(on('DescribeConfigs')) : []),
    ...(run ? workers.flatMap(running) : []),
    ...(run && checks ? checking(workers) : []),
    ...(audit ? workers.flatMap(auditing) : []),
  ]
  return merged(all)
}

function merged(grants: readonly Grant[]): Grant[] {
  const byResource = new Map<string, Grant>()
  for (const one of grants) {
    const key = `${one.resource} ${one.name}`
    const operations = [...new Set([...(byResource.get(key)?.operations ?? []), ...one.operations])]
    byResource.set(key, { ...one, operations })
  }
  return [...byResource.values()].map((one) => ({ ...one, operations: withoutImplied(one.operations) }))
}

const withoutImplied = (operations: readonly Operation[]): Operation[] =>
  operations.filter((each) => each !== 'Describe' || !operations.some((other) => describing.has(other)))
