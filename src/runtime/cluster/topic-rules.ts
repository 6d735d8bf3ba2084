import type { ErrorCode } from '../../error-codes.ts'
import { copies, settingNumber, type ClusterFacts, type Finding, type Role, type TopicFacts } from './facts.ts'

interface TopicRule extends Pick<Finding, 'fatal'> {
  readonly roles: readonly Role[]
  /** The setting that is wrong, as text: topics with the same text are named in one finding. */
  readonly wrong: (topic: TopicFacts, facts: ClusterFacts) => string | undefined
  readonly because: string
  readonly hint: (topics: readonly TopicFacts[], facts: ClusterFacts) => string
}

/** Bytes of the largest batch that payflow writes: what Kafka takes by default. */
const BATCH_BYTES = 1_048_588
/** Clocks of machines that are kept by NTP differ by less. */
const CLOCKS_MS = 60_000
/** A restore must be over before the tombstones that it has yet to read are gone. */
const TOMBSTONES_MS = 60_000

const writtenRoles: readonly Role[] = ['output', 'state', 'inbox', 'dead-letters']
const ownOfKafka: readonly Role[] = ['offsets', 'transactions']

const text = ({ config }: Pick<TopicFacts, 'config'>, name: string): string | undefined => config?.get(name)

/** The first of the settings that is below `least`, as text. */
function below({ config }: TopicFacts, names: readonly string[], least: number): string | undefined {
  const name = names.find((each) => (settingNumber(config, each) ?? Infinity) < least)
  return name && `${name}=${config!.get(name)!}`
}

const shows = (topic: TopicFacts, name: string, isWrong: (value: string) => boolean): string | undefined => {
  const value = text(topic, name)
  return value !== undefined && isWrong(value) ? `${name}=${value}` : undefined
}

/** `cleanup.policy` is a list: `compact,delete` does both. */
const cleansBy = (policy: string) => (value: string) => value.split(',').some((each) => each.trim() === policy)

const configure = (topics: readonly { topic: string }[], setting: string): string =>
  `\`payflow topics configure ${topics.map(({ topic }) => topic).join(' ')} ${setting}\``
const reset = ({ worker }: ClusterFacts): string => `\`payflow worker reset ${worker}\``

const failed = (code: ErrorCode): NonNullable<Finding['fatal']> => ({ code, kind: 'failed' })

const tooFewReplicas = (topic: TopicFacts): string | undefined => {
  const least = settingNumber(topic.config, 'min.insync.replicas') ?? 0
  return least > topic.replicas ? `min.insync.replicas=${least}, and ${copies(topic.replicas)}` : undefined
}

/** In the order in which they are reported; the first fatal one ends the worker. */
const topicRules: readonly TopicRule[] = [
  {
    fatal: failed('STATE_LOST'),
    roles: ['state'],
    wrong: ({ start }, { hasState }) => (hasState && start > 0 ? `its first record at offset ${start}` : undefined),
    because: 'the beginning of the state is deleted, and totals would be too small',
    hint: (_, facts) => `rebuild it with ${reset(facts)}`,
  },
  {
    fatal: failed('STATE_NOT_COMPACTED'),
    roles: ['state'],
    wrong: (topic, { hasState }) => (hasState ? shows(topic, 'cleanup.policy', cleansBy('delete')) : undefined),
    because: 'state that is older than its retention would be deleted, and totals silently become too small',
    hint: (topics) => `nothing is lost yet: ${configure(topics, 'cleanup.policy=compact')}`,
  },
  {
    fatal: failed('INBOX_COMPACTED'),
    roles: ['inbox'],
    wrong: (topic) => shows(topic, 'cleanup.policy', cleansBy('compact')),
    because: 'of the records of one key that are handed on, only the last would stay',
    hint: (_, facts) => `re-create it with ${reset(facts)}`,
  },
  {
    fatal: failed('DEAD_LETTERS_COMPACTED'),
    roles: ['dead-letters'],
    wrong: (topic) => shows(topic, 'cleanup.policy', cleansBy('compact')),
    because: 'of the dead letters with one key only the last would stay, and those without a key are refused',
    hint: (topics) => configure(topics, 'cleanup.policy=delete'),
  },
  {
    fatal: failed('MIN_INSYNC_REPLICAS'),
    roles: writtenRoles,
    wrong: tooFewReplicas,
    because: 'every write is refused (NOT_ENOUGH_REPLICAS)',
    hint: (topics) => configure(topics, `min.insync.replicas=${Math.min(...topics.map(({ replicas }) => replicas))}`),
  },
  {
    fatal: { code: 'MIN_INSYNC_REPLICAS', kind: 'infra' },
    roles: ownOfKafka,
    wrong: tooFewReplicas,
    because: 'no transaction can be committed (NOT_ENOUGH_REPLICAS)',
    hint: (topics) => configure(topics, `min.insync.replicas=${Math.min(...topics.map(({ replicas }) => replicas))}`),
  },
  {
    roles: ['state'],
    wrong: (topic, { hasState }) => (hasState ? undefined : shows(topic, 'cleanup.policy', cleansBy('delete'))),
    because: 'should the offsets of its group be lost too, nothing knows any more how far the worker was',
    hint: (topics) => configure(topics, 'cleanup.policy=compact'),
  },
  {
    roles: ['input'],
    wrong: (topic) => shows(topic, 'cleanup.policy', cleansBy('compact')),
    because: 'records that are compacted away before they are read are not counted, and an audit is not possible',
    hint: (topics) => configure(topics, 'cleanup.policy=delete'),
  },
  {
    roles: ['inbox'],
    wrong: (topic) =>
      shows(topic, 'cleanup.policy', cleansBy('delete')) &&
      (shows(topic, 'retention.ms', (value) => Number(value) >= 0) ?? shows(topic, 'retention.bytes', (value) => Number(value) >= 0)), // prettier-ignore
    because: 'records that are handed on and not read by then are lost',
    hint: (topics) => configure(topics, 'retention.ms=-1 retention.bytes=-1'),
  },
  {
    roles: ['input', ...writtenRoles, ...ownOfKafka],
    wrong: (topic) => (topic.replicas > 1 ? shows(topic, 'unclean.leader.election.enable', (value) => value === 'true') : undefined), // prettier-ignore
    because: 'when brokers fail, records that were acknowledged can be lost',
    hint: (topics) => configure(topics, 'unclean.leader.election.enable=false'),
  },
  {
    roles: [...writtenRoles, ...ownOfKafka],
    wrong: (topic) => (topic.replicas > 2 ? shows(topic, 'min.insync.replicas', (value) => Number(value) < 2) : undefined), // prettier-ignore
    because: 'a write may be acknowledged that only one broker has',
    hint: (topics) => configure(topics, 'min.insync.replicas=2'),
  },
  {
    roles: [...writtenRoles, ...ownOfKafka],
    wrong: ({ replicas }, { brokers }) => (replicas === 1 && brokers > 2 ? 'one copy' : undefined),
    because: 'it is lost with its broker',
    hint: (topics) =>
      `give it three: \`payflow topics reassign ${topics.map(({ topic }) => topic).join(' ')} --replication-factor 3\``,
  },
  {
    roles: writtenRoles,
    wrong: (topic) => below(topic, ['max.message.bytes'], BATCH_BYTES),
    because: 'larger records and batches are refused, and the worker ends',
    hint: (topics) => configure(topics, `max.message.bytes=${10 << 20}`),
  },
  {
    roles: ['inbox', 'dead-letters'],
    wrong: (topic, { topics }) => {
      const largest = Math.max(0, ...topics.map(({ role, config }) => (role === 'input' ? (settingNumber(config, 'max.message.bytes') ?? 0) : 0))) // prettier-ignore
      return largest > BATCH_BYTES ? below(topic, ['max.message.bytes'], largest) : undefined
    },
    because: 'the input takes larger records, whose copies do not fit',
    hint: (topics, facts) => configure(topics, `max.message.bytes=${largestInput(facts) + BATCH_BYTES}`),
  },
  {
    roles: writtenRoles,
    wrong: (topic) =>
      text(topic, 'message.timestamp.type') === 'LogAppendTime'
        ? undefined
        : below(topic, ['message.timestamp.before.max.ms', 'message.timestamp.after.max.ms', 'message.timestamp.difference.max.ms'], CLOCKS_MS), // prettier-ignore
    because: "records are refused when this machine's clock and the broker's differ by more",
    hint: (topics) => configure(topics, 'message.timestamp.type=LogAppendTime'),
  },
  {
    roles: ['state'],
    wrong: (topic) => below(topic, ['delete.retention.ms'], TOMBSTONES_MS),
    because: 'a restore that takes longer brings deleted keys back',
    hint: (topics) => configure(topics, 'delete.retention.ms=3600000'),
  },
]

const largestInput = ({ topics }: ClusterFacts): number =>
  Math.max(
    0,
    ...topics.map(({ role, config }) => (role === 'input' ? (settingNumber(config, 'max.message.bytes') ?? 0) : 0)),
  )

/** What the settings of the worker's topics, and of Kafka's own, would do to its results. */
export const judgeTopics = (facts: ClusterFacts): Finding[] => topicRules.flatMap((rule) => applied(rule, facts))

function applied({ roles, wrong, because, hint, fatal }: TopicRule, facts: ClusterFacts): Finding[] {
  const byText = new Map<string, TopicFacts[]>()
  for (const topic of facts.topics.filter(({ role }) => roles.includes(role))) {
    const shown = wrong(topic, facts)
    if (shown !== undefined) byText.set(shown, [...(byText.get(shown) ?? []), topic])
  }
  return [...byText].map(([shown, topics]) => ({
    ...(fatal && { fatal }),
    what: `${topics.map(({ topic }) => topic).join(', ')} ${topics.length > 1 ? 'have' : 'has'} ${shown}: ${because}`,
    hint: hint(topics, facts),
  }))
}
