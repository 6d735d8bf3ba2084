import { messageOf } from '../../errors.ts'
import { describeBrokers } from '../../kafka/readiness.ts'
import type { Report } from '../engine.ts'
import { listensOn } from '../port-owner.ts'
import type { ProcessIdentity } from '../processes.ts'
import type { Layout } from './layout.ts'
import { addressOf, forget, readStates, stopService, type Service } from './services.ts'
import { stopLeft } from './stop.ts'
import { zookeeperAnswers } from './zookeeper.ts'

const ANSWER_TIMEOUT_MS = 5_000
/** A broker cannot shut down in good order without its ZooKeeper: waiting longer is of no use. */
const GRACE_MS = 2_000

const brokerAnswers = (layout: Layout, service: Service): Promise<boolean> =>
  describeBrokers({ brokers: [addressOf(service)] }, ANSWER_TIMEOUT_MS).then(
    () => listensOn(service.pid, service.port),
    (error: unknown) => {
      layout.log('info', 'not-reachable', { brokers: [addressOf(service)], error: messageOf(error) })
      return false
    },
  )

export interface Survivors {
  readonly zookeeper: Service | undefined
  readonly brokers: Service[]
  /** What ran before and does not any more: its ports are worth keeping. */
  readonly gone: Service[]
}

async function stop(layout: Layout, services: Service[], why: string, report: Report): Promise<void> {
  for (const { name, pid } of services) report(`${name} (pid ${pid}) ${why}: stopping it`)
  await Promise.all(services.map((service) => stopService(layout, service, GRACE_MS)))
}

/** The process with which what is left of a cluster ends; undefined: it stays. */
export const runOf = ({ zookeeper, brokers }: Survivors): ProcessIdentity | undefined => (zookeeper ?? brokers[0])?.run

/** Looks what an earlier `infra up` left: keeps what serves, ends what only half does, forgets what is gone. */
export async function keepWhatServes(layout: Layout, report: Report): Promise<Survivors> {
  const { zookeeper, brokers, stale: ended, left } = readStates(layout)
  for (const service of ended) {
    report(`${service.name} is gone, though its pid file (pid ${service.pid}) says it runs: ignoring the file`)
    forget(layout, service)
  }
  await stopLeft(layout, left, report)
  const stale = [...ended, ...left]
  if (layout.kafka === '3.9' && (zookeeper === undefined || !(await zookeeperAnswers(zookeeper)))) {
    await stop(layout, brokers, 'runs without ZooKeeper', report)
    await stop(layout, zookeeper ? [zookeeper] : [], 'does not answer', report)
    return { zookeeper: undefined, brokers: [], gone: [...stale, ...brokers, ...(zookeeper ? [zookeeper] : [])] }
  }
  const answers = await Promise.all(brokers.map((broker) => brokerAnswers(layout, broker)))
  const mute = brokers.filter((_, index) => answers[index] !== true)
  await stop(layout, mute, 'does not answer', report)
  return { zookeeper, brokers: brokers.filter((_, index) => answers[index] === true), gone: [...stale, ...mute] }
}
