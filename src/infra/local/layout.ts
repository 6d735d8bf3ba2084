import { join, relative } from 'node:path'
import { noLog, type Log } from '../../log.ts'
import type { KafkaVersion } from '../../settings/kafka-version.ts'

interface Release {
  /** What Maven fetches. */
  readonly version: string
  readonly pom: string
  /** Of Java, the oldest major version that runs it. */
  readonly java: number
}

export const releases: Readonly<Record<KafkaVersion, Release>> = {
  '3.9': { version: '3.9.1', pom: 'pom.xml', java: 11 },
  '4': { version: '4.4.0', pom: 'pom-kafka4.xml', java: 17 },
}

export type ServiceName = 'zookeeper' | 'ksqldb' | `kafka-${number}`
export const brokerName = (id: number): ServiceName => `kafka-${id}`

/** Where the local engine keeps things under PAYFLOW_HOME. Each Kafka has jars, data and logs of its own; one of them runs at a time. */
export interface Layout {
  readonly kafka: KafkaVersion
  readonly home: string
  /** Kafka's jars, ZooKeeper's where it needs one, and their manifest. */
  readonly jars: string
  /** The cluster's data, which live and die together. */
  readonly data: string
  readonly logs: string
  /** Configuration and pid files of what runs. */
  readonly run: string
  readonly lock: string
  /** Where what is done in this home is logged. */
  readonly log: Log
}

export function layoutOf(home: string, kafka: KafkaVersion = '3.9', log: Log = noLog): Layout {
  const suffix = kafka === '3.9' ? '' : `-${kafka}`
  return {
    kafka,
    home,
    jars: join(home, `kafka-${releases[kafka].version}`),
    data: join(home, `data${suffix}`),
    logs: join(home, `logs${suffix}`),
    run: join(home, 'run'),
    lock: join(home, 'infra.lock'),
    log,
  }
}

/** A path as the JVMs, which run in the home, are given it: no escaping, and a home can be moved while stopped. */
export const inHome = (layout: Layout, path: string): string => relative(layout.home, path)

export const logPath = (layout: Layout, service: ServiceName): string => join(layout.logs, `${service}.log`)
/** What the JVM itself says, and what a broker says before its logging works. */
export const outputPath = (layout: Layout, service: ServiceName): string => join(layout.logs, `${service}.out.log`)
