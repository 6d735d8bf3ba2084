import { createCluster, kafkajs, type Admin, type Kafka } from './kafkajs/internals.ts'
import { Connection } from './connection.ts'
import { leastSilent } from './kafkajs/silence.ts'
import { socketFactory } from './sockets.ts'

export type LogSink = (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void

export interface ClientOptions {
  /** `host:port` of one broker or more. */
  readonly brokers: readonly string[]
  readonly clientId?: string
  /** How long one request may take, in ms. Below the transaction timeout, so that a lost answer does not outlive its transaction. */
  readonly requestTimeoutMs?: number
  /** Gets what kafkajs logs; nothing of it reaches a terminal otherwise. */
  readonly onLog?: LogSink
}

/** How to reach a cluster. Nothing is connected until it is used; `close` ends every connection that it gave out. */
export class Client {
  readonly options: ClientOptions
  readonly #kafka: Kafka
  readonly #connections = new Set<Connection>()
  #admin: Promise<Admin> | undefined
  #shared: Connection | undefined

  constructor(options: ClientOptions) {
    this.options = options
    const { onLog } = options
    this.#kafka = new kafkajs.Kafka({
      clientId: options.clientId ?? 'payflow',
      // asked for each connection: not every process, and not each time, begins with the first
      brokers: () => [leastSilent(options.brokers)],
      connectionTimeout: 3_000,
      requestTimeout: options.requestTimeoutMs ?? 10_000,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 3 },
      logLevel: onLog ? kafkajs.logLevel.INFO : kafkajs.logLevel.NOTHING,
      socketFactory,
      logCreator: () => (entry) => onLog?.(levelName(entry.level), `${entry.namespace}: ${entry.log.message}`),
    })
  }

  /** A connection of its own: one that waits (a long poll, a join) must not hold up another's requests. */
  connect(): Connection {
    const connection = new Connection(
      createCluster(this.#kafka, { metadataMaxAgeMs: 300_000, isolationLevel: 1 }),
      () => this.#connections.delete(connection),
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

const levels = new Map<number, Parameters<LogSink>[0]>([
  [kafkajs.logLevel.ERROR, 'error'],
  [kafkajs.logLevel.WARN, 'warn'],
  [kafkajs.logLevel.INFO, 'info'],
])
const levelName = (level: number): Parameters<LogSink>[0] => levels.get(level) ?? 'debug'
