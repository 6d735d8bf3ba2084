import { brokerName } from './layout.ts'

/** All paths are relative to PAYFLOW_HOME, where the JVMs run: no escaping, and a home can be moved while stopped. */
export type Properties = Readonly<Record<string, string | number | boolean>>

export const renderProperties = (properties: Properties): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

/** A broker's session is renewed a few times a tick; short ones let a killed broker's registration go quickly. */
const TICK_TIME_MS = 500
export const SESSION_TIMEOUT_MS = 6_000

export const zookeeperProperties = (port: number): Properties => ({
  dataDir: 'data/zookeeper',
  clientPort: port,
  clientPortAddress: '127.0.0.1',
  tickTime: TICK_TIME_MS,
  maxClientCnxns: 0,
  'admin.enableServer': false,
  '4lw.commands.whitelist': 'ruok,dump',
  'autopurge.snapRetainCount': 3,
  'autopurge.purgeInterval': 24,
})

export interface BrokerPlan {
  readonly id: number
  readonly port: number
  readonly nodes: number
  readonly zookeeperPort: number
}

export const brokerProperties = ({ id, port, nodes, zookeeperPort }: BrokerPlan): Properties => ({
  'broker.id': id,
  listeners: `PLAINTEXT://127.0.0.1:${port}`,
  'zookeeper.connect': `127.0.0.1:${zookeeperPort}`,
  'zookeeper.session.timeout.ms': SESSION_TIMEOUT_MS,
  'zookeeper.connection.timeout.ms': 3 * SESSION_TIMEOUT_MS,
  'log.dirs': `data/${brokerName(id)}`,
  ...commonProperties(nodes),
  'controlled.shutdown.max.retries': 2,
  'controlled.shutdown.retry.backoff.ms': 500,
})

export interface KraftPlan {
  readonly id: number
  readonly port: number
  readonly nodes: number
  /** Of the voters, by their ids: see `votersOf`. */
  readonly controllerPorts: readonly number[]
  /** The cluster's data, relative to the home. */
  readonly data: string
}

/**
 * How many of the nodes, the first ones, are controllers too: an odd number. A quorum of two is lost with either of them, one of four
 * takes no more losses than one of three.
 */
export const votersOf = (nodes: number): number => Math.min(nodes % 2 === 0 ? nodes - 1 : nodes, 5)

/**
 * A broker, and a controller if it is one of the voters. The voters are named in each node's configuration, not in the metadata log (KIP-853): after a stop
 * of all nodes they may come back at other ports.
 */
export const kraftProperties = ({ id, port, nodes, controllerPorts, data }: KraftPlan): Properties => ({
  'node.id': id,
  ...(id < controllerPorts.length
    ? {
        'process.roles': 'broker,controller',
        listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPorts[id]!}`,
      }
    : { 'process.roles': 'broker', listeners: `PLAINTEXT://127.0.0.1:${port}` }),
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'PLAINTEXT',
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.voters': controllerPorts.map((voter, of) => `${of}@127.0.0.1:${voter}`).join(','),
  'log.dirs': `${data}/${brokerName(id)}`,
  ...commonProperties(nodes),
  // no limit, as in 3.9; one hour by default: events of a run that starts later would be refused
  'log.message.timestamp.after.max.ms': '9223372036854775807',
  // a killed broker's partitions get other leaders as soon as with ZooKeeper: 9 s by default
  'broker.session.timeout.ms': SESSION_TIMEOUT_MS,
  'broker.heartbeat.interval.ms': 1000,
  'share.coordinator.state.topic.replication.factor': Math.min(nodes, 3),
  'share.coordinator.state.topic.min.isr': nodes >= 3 ? 2 : 1,
})

function commonProperties(nodes: number): Properties {
  const replicationFactor = Math.min(nodes, 3)
  // with three replicas a write survives the loss of one broker, and so does writing
  const minInSyncReplicas = replicationFactor === 3 ? 2 : 1
  return {
    'auto.create.topics.enable': false,
    'default.replication.factor': replicationFactor,
    'min.insync.replicas': minInSyncReplicas,
    'offsets.topic.replication.factor': replicationFactor,
    'offsets.topic.num.partitions': 12,
    // as long as can be said, 4,000 years: a week by default, and a holiday would end a group's offsets
    'offsets.retention.minutes': 2 ** 31 - 1,
    'transaction.state.log.replication.factor': replicationFactor,
    'transaction.state.log.min.isr': minInSyncReplicas,
    'transaction.state.log.num.partitions': 12,
    // this is how long a coordinator waits for the markers of a broker that does not answer, and the transaction with it; 30 s by default
    'request.timeout.ms': 10_000,
    'group.initial.rebalance.delay.ms': 0,
    // 6 s by default: too long for who wants a dead worker replaced sooner
    'group.min.session.timeout.ms': 1000,
    'log.segment.delete.delay.ms': 1000,
    'num.network.threads': 2,
    'num.io.threads': 4,
    // its default, 128 MiB, would take a quarter of the heap
    'log.cleaner.dedupe.buffer.size': 32 * 1024 * 1024,
  }
}

export interface KsqldbPlan {
  readonly port: number
  readonly nodes: number
  /** host:port of the brokers. */
  readonly brokers: readonly string[]
  /** The cluster's data, relative to the home. */
  readonly data: string
}

export function ksqldbProperties({ port, nodes, brokers, data }: KsqldbPlan): Properties {
  const replicationFactor = Math.min(nodes, 3)
  return {
    'bootstrap.servers': brokers.join(','),
    listeners: `http://127.0.0.1:${port}`,
    'ksql.service.id': 'payflow_',
    // or it reports to its maker
    'confluent.support.metrics.enable': false,
    'ksql.streams.state.dir': `${data}/ksqldb`,
    'ksql.streams.auto.offset.reset': 'earliest',
    'ksql.streams.processing.guarantee': 'exactly_once_v2',
    // 4 by default: as many for each of eleven queries
    'ksql.streams.num.stream.threads': 1,
    // 45 s by default, for which a query stands still when its server was killed
    'ksql.streams.consumer.session.timeout.ms': 10_000,
    'ksql.streams.replication.factor': replicationFactor,
    'ksql.internal.topic.replicas': replicationFactor,
  }
}

/** The JVM's system property `payflow.log` names the file. */
export const log4jProperties: Properties = {
  'log4j.rootLogger': 'INFO, file',
  'log4j.appender.file': 'org.apache.log4j.RollingFileAppender',
  'log4j.appender.file.File': '${payflow.log}',
  'log4j.appender.file.MaxFileSize': '20MB',
  'log4j.appender.file.MaxBackupIndex': 2,
  'log4j.appender.file.layout': 'org.apache.log4j.PatternLayout',
  'log4j.appender.file.layout.ConversionPattern': '[%d] %p %m (%c)%n',
}

/** Java's second compiler took half of what a broker does in its first minute, and gave it back only under loads that last for longer. */
const ONE_COMPILER = '-XX:TieredStopAtLevel=1'

export const zookeeperJvmOptions = ['-Xms128m', '-Xmx128m', '-XX:+UseSerialGC', ONE_COMPILER, '-Dzookeeper.preAllocSize=4096'] // prettier-ignore

export function brokerJvmOptions(nodes: number): string[] {
  const heap = nodes === 1 ? '512m' : '384m'
  return [`-Xms${heap}`, `-Xmx${heap}`, ONE_COMPILER, '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:+ExitOnOutOfMemoryError'] // prettier-ignore
}
