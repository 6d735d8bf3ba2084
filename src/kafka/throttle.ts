import { PayflowError } from '../errors.ts'
import type { Client } from './client.ts'
import { brokerConfig, topicConfigs } from './configs.ts'
import { errorName } from './errors.ts'
import { requireServed } from './optional-requests.ts'
import { retrying } from './retry.ts'
import { incrementalAlterConfigsApi, incrementalAlterConfigsRequest, type ConfigChange } from './wire/alter-configs.ts'

/** Kafka's settings of brokers, bytes a second; and those of topics: which replicas they are for. */
const rates = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const replicas = ['leader.replication.throttled.replicas', 'follower.replication.throttled.replicas'] as const

interface Throttle {
  readonly brokers: readonly number[]
  readonly bytesPerSecond: number
  /** By topic: the replicas that are copied from, and those that are copied to, as `partition:broker`. */
  readonly topics: ReadonlyMap<string, { readonly leaders: readonly string[]; readonly followers: readonly string[] }>
}

/** Limits what replicas that are being moved copy; nothing else is held up. @throws PayflowError when a broker refuses */
export async function setThrottle(client: Client, { brokers, bytesPerSecond, topics }: Throttle): Promise<void> {
  const lists = [...topics].map(([name, { leaders, followers }]): ConfigChange => ({
    type: 'topic',
    name,
    settings: new Map([[replicas[0], leaders.join(',')], [replicas[1], followers.join(',')]]), // prettier-ignore
  }))
  const limits = brokers.map((id): ConfigChange => ({
    type: 'broker',
    name: String(id),
    settings: new Map(rates.map((name) => [name, String(bytesPerSecond)])),
  }))
  await change(client, [...lists, ...limits])
}

/** What there is of throttles: brokers with a rate, topics with throttled replicas. */
export interface ThrottleFound {
  readonly brokers: readonly number[]
  readonly topics: readonly string[]
}

/** Looks at these topics, and at all brokers. What may not be read counts as none. */
export async function findThrottle(client: Client, topics: readonly string[]): Promise<ThrottleFound> {
  const { brokers } = await client.shared.metadata([])
  const limited = await Promise.all(
    brokers.map(async ({ nodeId }) => {
      const config = await brokerConfig(client, nodeId, rates)
      // without one a broker tells the largest number there is
      return rates.some((name) => Number(config?.get(name) ?? Infinity) < Number.MAX_SAFE_INTEGER) ? [nodeId] : []
    }),
  )
  const configs = await topicConfigs(client, topics, replicas)
  const listed = topics.filter((topic) => replicas.some((name) => (configs.get(topic)?.get(name) ?? '') !== ''))
  return { brokers: limited.flat(), topics: listed }
}

/**
 * Takes the limits of these brokers and topics away, those of brokers first: what they limit must not outlive the list. One that cannot be
 * asked keeps none of the others. @throws what kept the first one from being taken away
 */
export async function removeThrottle(client: Client, { brokers, topics }: ThrottleFound): Promise<void> {
  const none = (names: readonly string[]): ReadonlyMap<string, undefined> => new Map(names.map((name) => [name, undefined])) // prettier-ignore
  const changes = [
    ...brokers.map((id): ConfigChange => ({ type: 'broker', name: String(id), settings: none(rates) })),
    ...topics.map((name): ConfigChange => ({ type: 'topic', name, settings: none(replicas) })),
  ]
  const failures: unknown[] = []
  for (const one of changes) await change(client, [one]).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

/** A broker's own settings go to that broker: under ZooKeeper no other takes them. */
async function change(client: Client, changes: readonly ConfigChange[]): Promise<void> {
  const connection = client.shared
  for (const one of changes)
    await retrying(
      async () => {
        const broker = one.type === 'broker' ? await connection.broker(Number(one.name)) : await connection.any()
        requireServed(broker, incrementalAlterConfigsApi)
        const [answer] = await connection.send(broker, incrementalAlterConfigsRequest([one]))
        if (!answer || answer.errorCode === 0) return
        throw new PayflowError('THROTTLE_REFUSED', `The throttle of ${one.type} ${one.name} was not changed: ${answer.message || errorName(answer.errorCode)}`, {
          kind: 'failed',
          hint: 'it needs the right to AlterConfigs on the topics and on the cluster',
        }) // prettier-ignore
      },
      { timeoutMs: 10_000 },
    )
}
