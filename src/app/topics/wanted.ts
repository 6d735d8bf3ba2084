import { PayflowError } from '../../errors.ts'
import type { NewTopic } from '../../kafka/topic-creation.ts'
import type { TopicInfo } from '../../kafka/topics.ts'
import { TOPIC_NAME } from '../../pipeline/events/define-topic.ts'
import { isPayflowTopic, publicTopics } from '../../pipeline/events/topics.ts'
import { defaultWorkers as workers } from '../../pipeline/workers/index.ts'
import { quoted } from '../../quoted.ts'
import { internalTopics } from '../../runtime/internal-topics.ts'

export interface TopicLayout {
  readonly partitions: number
  readonly replicationFactor: number
}

type Existing = readonly Pick<TopicInfo, 'topic' | 'partitions'>[]

/** Every topic of payflow's. A worker's own have as many partitions as its widest input that exists already. */
export function wantedTopics(layout: TopicLayout, existing: Existing = []): NewTopic[] {
  const { partitions, replicationFactor } = layout
  const have = new Map(existing.map((info) => [info.topic, info.partitions]))
  const internal = workers.flatMap((worker) => {
    const widest = Math.max(...Object.values(worker.inputs).map(({ name }) => have.get(name) ?? partitions))
    return internalTopics([worker], { partitions: widest, replicationFactor })
  })
  const named = [
    ...publicTopics.map(({ name }) => ({ topic: name, ...layout })),
    ...internalTopics([], layout),
    ...internal,
  ]
  return named.filter(({ topic }, i) => named.findIndex((other) => other.topic === topic) === i)
}

/**
 * Topics of these names, those of payflow's as payflow makes them; all of payflow's when no name is given.
 * @throws PayflowError (usage) for a name that Kafka refuses, and for one that only a worker can give the right settings
 */
export function namedTopics(names: readonly string[], layout: TopicLayout, existing: Existing = []): NewTopic[] {
  const own = wantedTopics(layout, existing)
  if (names.length === 0) return own
  return [...new Set(names)].map((name) => {
    const topic = own.find((other) => other.topic === name)
    if (topic) return topic
    const usage = (message: string, hint: string) => new PayflowError('USAGE', message, { kind: 'usage', hint })
    if (!TOPIC_NAME.test(name)) throw usage(`${quoted(name)} cannot name a topic`, 'allowed: letters, digits, ".", "_" and "-", 249 at most') // prettier-ignore
    if (isPayflowTopic(name)) throw usage(`${name} belongs to a worker`, 'start the worker: it creates its own topics, with the settings that they need') // prettier-ignore
    return { topic: name, ...layout }
  })
}
