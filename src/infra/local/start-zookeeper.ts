import { poll } from '../poll.ts'
import { isStillRegistered } from '../service-failure.ts'
import { brokerName } from './layout.ts'
import { brokerProperties, renderProperties, SESSION_TIMEOUT_MS, zookeeperJvmOptions, zookeeperProperties } from './properties.ts' // prettier-ignore
import { addressOf, startService, type Service, type StartedService } from './services.ts'
import {
  ServiceDied,
  explainDeath,
  saidSinceStart,
  seconds,
  startMember,
  tooSlow,
  topicsHeldBy,
  untilAllReady,
  whileAlive,
  type Member,
  type StartContext,
} from './start.ts'
import { registeredBrokers, zookeeperAnswers } from './zookeeper.ts'

const ZOOKEEPER_TIMEOUT_MS = 30_000
const MOST_ATTEMPTS = 5

export async function startZookeeper(context: StartContext, port: number): Promise<Service> {
  const { layout, java, env, signal, report, started, run } = context
  const since = Date.now()
  const service = startService(layout, 'zookeeper', port, {
    java,
    env,
    run,
    jvmOptions: zookeeperJvmOptions,
    mainClass: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
    properties: renderProperties(zookeeperProperties(port)),
  })
  started.push(service)
  const answers = async (inner: AbortSignal): Promise<void> => {
    const probe = async () => ((await zookeeperAnswers(service)) ? true : undefined)
    if (!(await poll(probe, { timeoutMs: ZOOKEEPER_TIMEOUT_MS, signal: inner })))
      throw tooSlow(layout, service, ZOOKEEPER_TIMEOUT_MS)
  }
  try {
    await whileAlive([service], signal, answers)
  } catch (error) {
    throw explainDeath(error, context)
  }
  report(`ZooKeeper answers on ${addressOf(service)} (${seconds(since)})`)
  return service
}

const startBroker = (context: StartContext, zookeeperPort: number, member: Member): StartedService =>
  startMember(context, member, brokerProperties({ ...member, nodes: context.nodes, zookeeperPort }))

/** Brokers that were killed stay registered until their sessions end; one that is started sooner ends with NodeExists. */
async function untilForgotten({ report, signal }: StartContext, zookeeperPort: number, ids: number[]): Promise<void> {
  let announced = false
  const forgotten = async (): Promise<true | undefined> => {
    const left = (await registeredBrokers(zookeeperPort))?.filter((id) => ids.includes(id))
    if (left === undefined) return undefined
    if (left.length === 0) return true
    if (!announced)
      report(
        `Waiting for ZooKeeper to let go of ${left.map(brokerName).join(', ')}, killed a moment ago`,
        'ZooKeeper had to let go of brokers that were killed',
      )
    announced = true
    return undefined
  }
  await poll(forgotten, { timeoutMs: 3 * SESSION_TIMEOUT_MS, intervalMs: 100, signal })
}

/** Starts the brokers and returns when each of them answers and knows all the others. */
export async function startBrokers(
  context: StartContext,
  zookeeperPort: number,
  members: readonly Member[],
): Promise<void> {
  const { layout, signal, report } = context
  const ids = members.map(({ id }) => id)
  await untilForgotten(context, zookeeperPort, ids)
  const since = Date.now()
  const topics = topicsHeldBy(layout, members)
  let services = members.map((member) => startBroker(context, zookeeperPort, member))
  const answers = (inner: AbortSignal): Promise<void> => untilAllReady(context, services, topics, inner)
  for (let attempt = 1; ; attempt++) {
    try {
      await whileAlive(services, signal, answers)
      break
    } catch (error) {
      const early = error instanceof ServiceDied && isStillRegistered(saidSinceStart(layout, error.service))
      if (!early || attempt === MOST_ATTEMPTS) throw explainDeath(error, context)
      const { name } = error.service
      report(`${name} is still registered in ZooKeeper: starting it again`)
      await untilForgotten(context, zookeeperPort, ids)
      services = services.map((service, index) =>
        service.name === name ? startBroker(context, zookeeperPort, members[index]!) : service,
      )
    }
  }
  report(`Kafka answers on ${services.map(addressOf).join(', ')} (${seconds(since)})`)
}
