import type { Report } from '../engine.ts'
import type { Layout } from './layout.ts'
import { stopService, type Service } from './services.ts'

const ksqldbGraceMs = 15_000
const brokerGraceMs = 30_000
const zookeeperGraceMs = 5_000

/** Stops services cleanly, each before what it needs: ksqlDB, the brokers, ZooKeeper. */
export async function stopInOrder(layout: Layout, services: readonly Service[], report: Report): Promise<void> {
  const stop = async (isOne: (name: string) => boolean, graceMs: number): Promise<void> => {
    const stopOne = async (service: Service): Promise<void> => {
      const how = await stopService(layout, service, graceMs)
      report(`${service.name} (pid ${service.pid}) ${how === 'ended' ? 'has stopped' : 'had to be killed'}`)
    }
    await Promise.all(services.filter(({ name }) => isOne(name)).map(stopOne))
  }
  await stop((name) => name === 'ksqldb', ksqldbGraceMs)
  await stop((name) => name.startsWith('kafka-'), brokerGraceMs)
  await stop((name) => name === 'zookeeper', zookeeperGraceMs)
}

/** Why a service that is alive is not wanted any more. */
const whyLeft = ({ run }: Service): string =>
  run === undefined ? 'was left without its pid file' : `was left by a \`payflow all\` (pid ${run.pid}) that is gone`

/** Stops what earlier runs left, and says so. */
export async function stopLeft(layout: Layout, left: readonly Service[], report: Report): Promise<void> {
  for (const service of left) report(`${service.name} (pid ${service.pid}) ${whyLeft(service)}: stopping it`)
  await stopInOrder(layout, left, report)
}
