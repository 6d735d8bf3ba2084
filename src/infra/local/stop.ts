import type { Report } from '../engine.ts'
import { poll } from '../poll.ts'
import { isAlive, kill, signalTo } from '../processes.ts'
import type { Layout } from './layout.ts'
import { forget, kafkaOf, stopService, type Service } from './services.ts'

const KSQLDB_GRACE_MS = 15_000
const BROKER_GRACE_MS = 30_000
const ZOOKEEPER_GRACE_MS = 5_000
/** How long nodes of a quorum that is lost may take to close their logs. */
const LONELY_GRACE_MS = 8_000

/** Stops services cleanly, each before what it needs: ksqlDB, the brokers, ZooKeeper. */
export async function stopInOrder(layout: Layout, services: readonly Service[], report: Report): Promise<void> {
  const stop = async (isOne: (service: Service) => boolean, graceMs: number): Promise<void> => {
    const stopOne = async (service: Service): Promise<void> => {
      const how = await stopService(layout, service, graceMs)
      report(`${service.name} (pid ${service.pid}) ${how === 'ended' ? 'has stopped' : 'had to be killed'}`)
    }
    await Promise.all(services.filter(isOne).map(stopOne))
  }
  const isBroker = ({ name }: Service): boolean => name.startsWith('kafka-')
  const isNode = (service: Service): boolean => isBroker(service) && kafkaOf(service) === '4'
  await stop(({ name }) => name === 'ksqldb', KSQLDB_GRACE_MS)
  await stopNodes(layout, services.filter(isNode), report)
  await stop((service) => isBroker(service) && !isNode(service), BROKER_GRACE_MS)
  await stop(({ name }) => name === 'zookeeper', ZOOKEEPER_GRACE_MS)
}

/**
 * Nodes of a KRaft cluster ask the quorum before they go, and those that are left when it is lost would ask for five minutes. Then all
 * that they hold is with those that have gone in order, and on their own disks.
 */
async function stopNodes(layout: Layout, nodes: readonly Service[], report: Report): Promise<void> {
  for (const node of nodes) {
    signalTo(node, 'SIGTERM')
    // a frozen process acts on no signal until it is continued
    signalTo(node, 'SIGCONT')
  }
  const beganMs = performance.now()
  let left = [...nodes]
  const logEnd = ({ name, pid }: Service, result: 'ended' | 'killed'): void => {
    const ms = Math.round(performance.now() - beganMs)
    layout.log(result === 'killed' ? 'warn' : 'info', 'process-stopped', { name, pid, result, ms })
  }
  const note = (): Service[] => {
    const ended = left.filter((node) => !isAlive(node))
    for (const node of ended) {
      logEnd(node, 'ended')
      forget(layout, node)
      report(`${node.name} (pid ${node.pid}) has stopped`)
    }
    return (left = left.filter((node) => !ended.includes(node)))
  }
  const until = (isEnough: () => boolean, timeoutMs: number) => poll(() => (isEnough() ? true : undefined), { timeoutMs }) // prettier-ignore
  await until(() => note().length === 0 || !haveQuorum(left), BROKER_GRACE_MS)
  await until(() => note().length === 0, LONELY_GRACE_MS)
  for (const node of left) {
    await kill(node, LONELY_GRACE_MS)
    logEnd(node, 'killed')
    forget(layout, node)
    report(`${node.name} (pid ${node.pid}) was killed: it waited for the other nodes, which had stopped`)
  }
}

function haveQuorum(nodes: readonly Service[]): boolean {
  const voters = nodes[0]?.controllerPorts?.length ?? 0
  const alive = nodes.filter(({ name }) => Number(name.slice('kafka-'.length)) < voters)
  return alive.length > voters / 2
}

/** Why a service that is alive is not wanted any more. */
const whyLeft = ({ run }: Service): string =>
  run === undefined ? 'was left without its pid file' : `was left by a \`payflow all\` (pid ${run.pid}) that is gone`

/** Stops what earlier runs left, and says so. */
export async function stopLeft(layout: Layout, left: readonly Service[], report: Report): Promise<void> {
  for (const service of left) report(`${service.name} (pid ${service.pid}) ${whyLeft(service)}: stopping it`)
  await stopInOrder(layout, left, report)
}
