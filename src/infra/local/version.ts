import { noLog, type Log } from '../../log.ts'
import { readRecord } from '../../settings/infra-record.ts'
import { kafkaVersions, type KafkaVersion } from '../../settings/kafka-version.ts'
import { otherKafkaRuns } from '../other-kafka.ts'
import { hasData } from './cluster-data.ts'
import { layoutOf, type Layout } from './layout.ts'
import { kafkaOf, readStates, type Service, type ServiceStates } from './services.ts'

const wanted = ({ zookeeper, brokers }: ServiceStates): Service[] => [...(zookeeper ? [zookeeper] : []), ...brokers]

/** Which Kafka a command means that names none: the one that runs here, or was left running; the only one that has data here; else 3.9. */
export function usualVersion(home: string, log: Log = noLog): KafkaVersion {
  const [service] = wanted(readStates(layoutOf(home, undefined, log)))
  if (service) return kafkaOf(service)
  const record = readRecord(home)
  if (record?.engine === 'local') return record.kafka ?? '3.9'
  const held = kafkaVersions.filter((kafka) => hasData(layoutOf(home, kafka, log)))
  return held.length === 1 ? held[0]! : '3.9'
}

/** @throws PayflowError (usage) when another Kafka than the layout's runs in its home */
export function refuseOther(layout: Layout): void {
  const { home, kafka } = layout
  const other = wanted(readStates(layout)).find((service) => kafkaOf(service) !== kafka)
  if (other === undefined) return
  throw otherKafkaRuns({ home, wanted: kafka, running: kafkaOf(other), what: `${other.name}, pid ${other.pid}` })
}
