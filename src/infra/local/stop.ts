import type { Report } from '../engine.ts'
import type { Layout } from './layout.ts'
import { stopService, type Service } from './services.ts'

const KSQLDB_GRACE_MS = 15_000
const BROKER_GRACE_MS = 30_000
const ZOOKEEPER_GRACE_MS = 5_000

/** Stops services cleanly, each before what it needs: ksqlDB, the brokers, ZooKeeper. */
export async function stopInOrder(layout: Layout, services: readonly Service[], report: Report): Promise<void> {
  const stop = async (isOne: (name: string) => boolean, graceMs: number): Promise<void> => {
    const stopOne = async (service: Service): Promise<void> => {
      const how = await stopService(layout, service, graceMs)
      report(`${service.name} (pid ${service.pid}) ${how === 'ended' ? 'has stopped' : 'had to be killed'}`)
    }
    await Promise.all(services.filter(({ name }) => isOne(name)).map(stopOne))
  }
  await stop((name) => name === 'ksqldb', KSQLDB_GRACE_MS)
  await stop((name) => name.startsWith('kafka-'), BROKER_GRACE_MS)
  await stop((name) => name === 'zookeeper', ZOOKEEPER_GRACE_MS)
}

/** Why a service that is alive is not wanted any more. */
const whyLeft = ({ run }: Service): string =>
  run === undefined ? 'was left without its pid file' : `was left by a \`payflow all\` (pid ${run.pid}) that is gone`

/** Stops what earlier runs left, and says so. */
export async function stopLeft(layout: Layout, left: readonly Service[], report: Report): Promise<void> {
  for (const service of left) report(`${service.name} (pid ${service.pid}) ${whyLeft(service)}: stopping it`)
  await stopInOrder(layout, left, report)
}
