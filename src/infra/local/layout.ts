import { join } from 'node:path'
import { noLog, type Log } from '../../log.ts'

export const KAFKA_VERSION = '3.9.1'

export type ServiceName = 'zookeeper' | 'ksqldb' | `kafka-${number}`
export const brokerName = (id: number): ServiceName => `kafka-${id}`

/** Where the local engine keeps things under PAYFLOW_HOME. */
export interface Layout {
  readonly home: string
  /** Kafka's and ZooKeeper's jars and their manifest. */
  readonly jars: string
  /** ZooKeeper's and the brokers' data, which live and die together. */
  readonly data: string
  readonly logs: string
  /** Configuration and pid files of what runs. */
  readonly run: string
  readonly lock: string
  /** Where what is done in this home is logged. */
  readonly log: Log
}

export const layoutOf = (home: string, log: Log = noLog): Layout => ({
  home,
  jars: join(home, `kafka-${KAFKA_VERSION}`),
  data: join(home, 'data'),
  logs: join(home, 'logs'),
  run: join(home, 'run'),
  lock: join(home, 'infra.lock'),
  log,
})

export const logPath = (layout: Layout, service: ServiceName): string => join(layout.logs, `${service}.log`)
/** What the JVM itself says, and what a broker says before its logging works. */
export const outputPath = (layout: Layout, service: ServiceName): string => join(layout.logs, `${service}.out.log`)
