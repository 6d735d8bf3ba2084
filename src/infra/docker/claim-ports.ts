import { readRecord } from '../../settings/infra-record.ts'
import type { KafkaVersion } from '../../settings/kafka-version.ts'
import type { InfraOptions } from '../engine.ts'
import { becomesFree, claimPort } from '../ports.ts'
import { portVariables, type ComposePorts, type Container, type ContainerName } from './compose.ts'

const DEFAULT_KSQL_PORT = 8088

/** Compose cannot publish "any free port" under an address that a broker must advertise: it is chosen here. */
export async function claimPorts(
  { home, kafkaPort, zookeeperPort, ksql, ksqlPort = DEFAULT_KSQL_PORT }: InfraOptions,
  kafka: KafkaVersion,
  containers: readonly Container[],
): Promise<ComposePorts> {
  const record = containers.length > 0 ? readRecord(home) : undefined
  const recorded = record?.engine === 'docker' && (record.kafka ?? '3.9') === kafka ? record : undefined
  const taken: number[] = []
  const claim = async (service: ContainerName, wanted: number, former?: string | null): Promise<number> => {
    const current = containers.find((container) => container.service === service)?.port
    // who talks to a broker that was killed goes on at the same address
    const again = former ? Number(former.split(':').at(-1)) : undefined
    const keep = current === undefined && again !== undefined && (await becomesFree(again))
    const port = current ?? (keep ? again : await claimPort(wanted, portVariables[service], taken))
    taken.push(port)
    return port
  }
  return {
    zookeeper: kafka === '4' ? undefined : await claim('zookeeper', zookeeperPort, recorded?.zookeeper),
    kafka: await claim('kafka', kafkaPort, recorded?.brokers[0]),
    ksql: ksql ? await claim('ksqldb', ksqlPort, recorded?.ksql) : DEFAULT_KSQL_PORT,
  }
}
