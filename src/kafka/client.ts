import type { Log } from '../log.ts'
import type { ConnectionSettings } from '../settings/connection.ts'
import { chooseCodec, type RecordCodec } from './codec.ts'
import { Connection } from './connection.ts'
import type { Admin } from './kafkajs/internals.ts'
import { KafkajsClient } from './kafkajs/kafkajs-client.ts'
import type { AskedBroker, Transport, TransportOptions } from './transport.ts'

export interface ClientOptions extends ConnectionSettings {
  /** Gets what connections and kafkajs have to say; nothing of it reaches a terminal otherwise. */
  readonly log?: Log
  /** Told of each request of its connections that was answered, or failed. */
  readonly onRequest?: (asked: AskedBroker) => void
  /** Who encodes and decodes records; absent: payflow, if this kafkajs is the one that it was compared with. */
  readonly codec?: RecordCodec
  /** Opens what connections send over; absent: kafkajs's. Topics and settings are administered through kafkajs's admin client all the same. */
  readonly transport?: (options: TransportOptions) => Transport
}

/** Connections to a cluster. Nothing is connected until it is used; `close` ends every connection that it gave out. */
export class Client {
  readonly options: ClientOptions
  readonly codec: RecordCodec
  readonly #kafkajs: KafkajsClient
  readonly #connections = new Set<Connection>()
  #admin: Promise<Admin> | undefined
  #shared: Connection | undefined

  constructor(options: ClientOptions) {
    this.options = options
    this.codec = options.codec ?? chooseCodec({})
    this.#kafkajs = new KafkajsClient(options)
  }

  /** A connection of its own: one that waits (a long poll, a join) must not hold up another's requests. */
  connect(): Connection {
    const transport = this.options.transport?.(this.options) ?? this.#kafkajs.transport()
    const onClose = (): void => void this.#connections.delete(connection)
    const connection = new Connection(transport, this.codec, onClose, this.options.log)
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
    this.#admin ??= this.#kafkajs.admin()
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
