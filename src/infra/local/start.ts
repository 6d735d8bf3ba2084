import { PayflowError } from '../../errors.ts'
import { waitForBrokers } from '../../kafka/readiness.ts'
import type { Report } from '../engine.ts'
import { poll } from '../poll.ts'
import { listensOn } from '../port-owner.ts'
import { isAlive, type ProcessIdentity } from '../processes.ts'
import { readFrom } from '../log-files.ts'
import { explainFailure, isStillRegistered, javaVariablesIn, lastComplaints } from '../service-failure.ts'
import { topicsOnDisk } from './cluster-data.ts'
import { flawsOf } from './jars.ts'
import { waitForTopics } from './known-topics.ts'
import { brokerName, logPath, outputPath, type Layout } from './layout.ts'
import { brokerJvmOptions, brokerProperties, renderProperties, SESSION_TIMEOUT_MS } from './properties.ts'
import { zookeeperJvmOptions, zookeeperProperties } from './properties.ts'
import { addressOf, startService, type Service, type StartedService } from './services.ts'
import { registeredBrokers, zookeeperAnswers } from './zookeeper.ts'

const ZOOKEEPER_TIMEOUT_MS = 30_000
const BROKER_TIMEOUT_MS = 90_000
const TOPICS_TIMEOUT_MS = 15_000
const MOST_ATTEMPTS = 5

export interface StartContext {
  readonly layout: Layout
  readonly java: string
  readonly env: NodeJS.ProcessEnv
  readonly nodes: number
  readonly report: Report
  readonly signal: AbortSignal | undefined
  /** Everything that was started, to be stopped when the start fails. */
  readonly started: Service[]
  /** The process with which they end. */
  readonly run: ProcessIdentity | undefined
}

export const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`

class ServiceDied extends Error {
  readonly service: StartedService
  constructor(service: StartedService) {
    super(`${service.name} ended`)
    this.service = service
  }
}

/** Waits for `ready`, but no longer than all of `services` are alive. @throws ServiceDied, or what `ready` throws */
export async function whileAlive(
  services: readonly StartedService[],
  outer: AbortSignal | undefined,
  ready: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const signal = outer ? AbortSignal.any([outer, stop.signal]) : stop.signal
  const death = poll(() => services.find((service) => !isAlive(service)), {
    timeoutMs: Infinity,
    intervalMs: 100,
    signal,
  })
  const died = death.then((service) => Promise.reject(service ? new ServiceDied(service) : new Error('unreachable')))
  const isReady = ready(signal)
  try {
    await Promise.race([isReady, died])
  } finally {
    stop.abort()
    void Promise.allSettled([isReady, died])
  }
}

const saidSinceStart = (layout: Layout, { name, logStart }: StartedService): string =>
  `${readFrom(outputPath(layout, name), 0)}\n${readFrom(logPath(layout, name), logStart)}`

const portVariables: Readonly<Record<string, string>> = {
  zookeeper: 'PAYFLOW_ZOOKEEPER_PORT',
  ksqldb: 'PAYFLOW_KSQL_PORT',
}

export function explainDeath(error: unknown, { layout, env }: Pick<StartContext, 'layout' | 'env'>): unknown {
  if (!(error instanceof ServiceDied)) return error
  const { name, port } = error.service
  const portVariable = portVariables[name] ?? 'PAYFLOW_KAFKA_PORT'
  const jarFlaws = (): string[] => (name === 'ksqldb' ? [] : flawsOf(layout.jars))
  const javaVariables = javaVariablesIn(env)
  const text = saidSinceStart(layout, error.service)
  return explainFailure({ name, port, portVariable, data: layout.data, text, jarFlaws, javaVariables })
}

export function tooSlow(layout: Layout, service: StartedService, timeoutMs: number): PayflowError {
  const words = lastComplaints(saidSinceStart(layout, service)).join(' | ')
  return new PayflowError(
    'START_TIMEOUT',
    `${service.name} did not answer on ${addressOf(service)} within ${timeoutMs / 1000} s. Its last words: ${words}`,
    { kind: 'infra', hint: '`payflow infra logs` shows all of it; is the machine very busy?' },
  )
}

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

export interface Member {
  readonly id: number
  readonly port: number
}

function startBroker(context: StartContext, zookeeperPort: number, { id, port }: Member): StartedService {
  const { layout, java, env, nodes, started, run } = context
  const service = startService(layout, brokerName(id), port, {
    java,
    env,
    run,
    jvmOptions: brokerJvmOptions(nodes),
    mainClass: 'kafka.Kafka',
    properties: renderProperties(brokerProperties({ id, port, nodes, zookeeperPort })),
  })
  started.push(service)
  return service
}

/** Brokers that were killed stay registered until their sessions end; one that is started sooner ends with NodeExists. */
async function untilForgotten({ report, signal }: StartContext, zookeeperPort: number, ids: number[]): Promise<void> {
  let announced = false
  const forgotten = async (): Promise<true | undefined> => {
    const left = (await registeredBrokers(zookeeperPort))?.filter((id) => ids.includes(id))
    if (left === undefined) return undefined
    if (left.length === 0) return true
    if (!announced) report(`Waiting for ZooKeeper to let go of ${left.map(brokerName).join(', ')}, killed a moment ago`)
    announced = true
    return undefined
  }
  await poll(forgotten, { timeoutMs: 3 * SESSION_TIMEOUT_MS, intervalMs: 100, signal })
}

/** Returns when this very broker knows all the others: another one may have been faster to take the port, and this one ends in a moment. */
async function untilReady(
  { layout, nodes }: StartContext,
  service: StartedService,
  signal: AbortSignal,
): Promise<void> {
  const answers = async (): Promise<true | undefined> => {
    await waitForBrokers({ brokers: [addressOf(service)] }, nodes, BROKER_TIMEOUT_MS, signal).catch(
      (error: unknown) => {
        const slow = error instanceof PayflowError && error.code === 'BROKERS_NOT_READY'
        throw slow ? tooSlow(layout, service, BROKER_TIMEOUT_MS) : error
      },
    )
    return listensOn(service.pid, service.port) ? true : undefined
  }
  if (!(await poll(answers, { timeoutMs: BROKER_TIMEOUT_MS, signal })))
    throw tooSlow(layout, service, BROKER_TIMEOUT_MS)
}

/** Starts the brokers and returns when each of them answers and knows all the others. */
export async function startBrokers(context: StartContext, zookeeperPort: number, members: Member[]): Promise<void> {
  const { layout, signal, report } = context
  const ids = members.map(({ id }) => id)
  await untilForgotten(context, zookeeperPort, ids)
  const since = Date.now()
  const topics = [...new Set(members.flatMap(({ id }) => topicsOnDisk(layout, id)))]
  let services = members.map((member) => startBroker(context, zookeeperPort, member))
  const answers = async (inner: AbortSignal): Promise<void> => {
    for (const service of services) {
      await untilReady(context, service, inner)
      await waitForTopics(addressOf(service), { topics, timeoutMs: TOPICS_TIMEOUT_MS, signal: inner, log: layout.log })
    }
  }
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
