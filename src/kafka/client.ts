import type { LogEntry, SASLOptions } from 'kafkajs'
import type { Log, LogFields, LogLevel } from '../log.ts'
import type { ConnectionSettings } from '../settings/connection.ts'
import { Connection } from './connection.ts'
import { createCluster, kafkajs, type Admin, type Kafka } from './kafkajs/internals.ts'
import { mendClusters } from './kafkajs/clusters.ts'
import { leastSilent } from './kafkajs/silence.ts'
import { defaultConnectTimeoutMs, socketFactory } from './sockets.ts'

export interface ClientOptions extends ConnectionSettings {
  /** Gets what connections and kafkajs have to say; nothing of it reaches a terminal otherwise. */
  readonly log?: Log
}

/** Connections to a cluster. Nothing is connected until it is used; `close` ends every connection that it gave out. */
export class Client {
  readonly options: ClientOptions
  readonly #kafka: Kafka
  readonly #connections = new Set<Connection>()
  #admin: Promise<Admin> | undefined
  #shared: Connection | undefined

  constructor(options: ClientOptions) {
    this.options = options
    const { log, tls, sasl } = options
    this.#kafka = new kafkajs.Kafka({
      clientId: options.clientId ?? 'payflow',
      brokers: [...options.brokers],
      ...(tls && { ssl: tls }),
      ...(sasl && { sasl: sasl as SASLOptions }),
      connectionTimeout: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
      requestTimeout: options.requestTimeoutMs ?? 10_000,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 3 },
      logLevel: log ? kafkajs.logLevel.INFO : kafkajs.logLevel.NOTHING,
      socketFactory,
      logCreator: () => (entry) => log?.(levelName(entry.level), 'kafkajs', fieldsOf(entry)),
    })
    // asked for each connection: not every process, and not each time, begins with the first
    mendClusters(this.#kafka, () => leastSilent(options.brokers))
  }

  /** A connection of its own: one that waits (a long poll, a join) must not hold up another's requests. */
  connect(): Connection {
    const connection = new Connection(
      createCluster(this.#kafka, { metadataMaxAgeMs: 300_000, isolationLevel: 1 }),
      () => this.#connections.delete(connection),
      this.options.log,
    )
    this.#connections.add(connection)
    return connection
  }

  /** One connection for short questions, shared by all who ask. */
  get shared(): Connection {
    this.#shared ??= this.connect()
    return this.#shared
  }

  /** kafkajs's admin client, connected. */
  async admin(): Promise<Admin> {
    this.#admin ??= (async () => {
      const admin = this.#kafka.admin()
      await admin.connect()
      return admin
    })()
    try {
      return await this.#admin
    } catch (error) {
      this.#admin = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    const admin = await this.#admin?.catch(() => undefined)
    this.#admin = undefined
    this.#shared = undefined
    await Promise.allSettled([admin?.disconnect(), ...[...this.#connections].map((connection) => connection.close())])
  }
}

const levels = new Map<number, LogLevel>([
  [kafkajs.logLevel.ERROR, 'error'],
  [kafkajs.logLevel.WARN, 'warn'],
  [kafkajs.logLevel.INFO, 'info'],
])
const levelName = (level: number): LogLevel => levels.get(level) ?? 'debug'

function fieldsOf({ namespace, log }: LogEntry): LogFields {
  const { message, broker, error } = log as { message: string; broker?: unknown; error?: unknown }
  return {
    namespace,
    message,
    ...(typeof broker === 'string' && { broker }),
    ...(typeof error === 'string' && { error }),
  }
}
