import { PayflowError } from '../../errors.ts'
import { waitForBrokers } from '../../kafka/readiness.ts'
import type { Report } from '../engine.ts'
import { poll } from '../poll.ts'
import { listensOn } from '../port-owner.ts'
import { isAlive, type ProcessIdentity } from '../processes.ts'
import { readFrom } from '../log-files.ts'
import { explainFailure, javaVariablesIn, lastComplaints } from '../service-failure.ts'
import { topicsOnDisk } from './cluster-data.ts'
import { flawsOf } from './jars.ts'
import { waitForTopics } from './known-topics.ts'
import { brokerName, logPath, outputPath, type Layout } from './layout.ts'
import { brokerJvmOptions, renderProperties, type Properties } from './properties.ts'
import { addressOf, startService, type Service, type StartedService } from './services.ts'

const BROKER_TIMEOUT_MS = 90_000
const TOPICS_TIMEOUT_MS = 15_000

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

export interface Member {
  readonly id: number
  readonly port: number
}

export const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`

export class ServiceDied extends Error {
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

export const saidSinceStart = (layout: Layout, { name, logStart }: StartedService): string =>
  `${readFrom(outputPath(layout, name), 0)}\n${readFrom(logPath(layout, name), logStart)}`

const portVariables: Readonly<Record<string, string>> = {
  zookeeper: 'PAYFLOW_ZOOKEEPER_PORT',
  ksqldb: 'PAYFLOW_KSQL_PORT',
}

/** Why a service, or what prepares it, ended with these words. */
export function explainWords(
  { layout, env }: Pick<StartContext, 'layout' | 'env'>,
  { name, port }: Pick<Service, 'name' | 'port'>,
  text: string,
): PayflowError {
  const portVariable = portVariables[name] ?? 'PAYFLOW_KAFKA_PORT'
  const jarFlaws = (): string[] => (name === 'ksqldb' ? [] : flawsOf(layout.jars))
  const { data, kafka } = layout
  return explainFailure({ name, port, portVariable, data, kafka, text, jarFlaws, javaVariables: javaVariablesIn(env) })
}

export const explainDeath = (error: unknown, context: Pick<StartContext, 'layout' | 'env'>): unknown =>
  error instanceof ServiceDied
    ? explainWords(context, error.service, saidSinceStart(context.layout, error.service))
    : error

/** Starts a broker, or a node of a KRaft cluster. */
export function startMember(
  { layout, java, env, nodes, started, run }: StartContext,
  { id, port }: Member,
  properties: Properties,
  kraft: { readonly controllerPorts?: readonly number[] } = {},
): StartedService {
  const service = startService(layout, brokerName(id), port, {
    ...{ java, env, run, ...kraft },
    jvmOptions: brokerJvmOptions(nodes),
    mainClass: 'kafka.Kafka',
    properties: renderProperties(properties),
  })
  started.push(service)
  return service
}

export function tooSlow(layout: Layout, service: StartedService, timeoutMs: number): PayflowError {
  const words = lastComplaints(saidSinceStart(layout, service)).join(' | ')
  return new PayflowError(
    'START_TIMEOUT',
    `${service.name} did not answer on ${addressOf(service)} within ${timeoutMs / 1000} s. Its last words: ${words}`,
    { kind: 'infra', hint: '`payflow infra logs` shows all of it; is the machine very busy?' },
  )
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

/** What the members hold of topics: what they must tell of once they serve. */
export const topicsHeldBy = (layout: Layout, members: readonly Member[]): string[] => [
  ...new Set(members.flatMap(({ id }) => topicsOnDisk(layout, id))),
]

/** Returns when each of these brokers answers, knows all the others, and tells of `topics`. */
export async function untilAllReady(
  context: StartContext,
  services: readonly StartedService[],
  topics: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const service of services) {
    await untilReady(context, service, signal)
    await waitForTopics(addressOf(service), { topics, timeoutMs: TOPICS_TIMEOUT_MS, signal, log: context.layout.log })
  }
}
