import type { Log } from '../log.ts'
import type { ConnectionSettings } from '../settings/connection.ts'
import { chooseCodec, type RecordCodec } from './codec.ts'
import { Connection } from './connection.ts'
import { KafkajsClient } from './kafkajs/kafkajs-client.ts'
import type { AskedBroker, Transport, TransportOptions } from './transport.ts'

export interface ClientOptions extends ConnectionSettings {
  /** Gets what connections and kafkajs have to say; nothing of it reaches a terminal otherwise. */
  readonly log?: Log
  /** Told of each request of its connections that was answered, or failed. */
  readonly onRequest?: (asked: AskedBroker) => void
  /** Who encodes and decodes records; absent: payflow, if this kafkajs is the one that it was compared with. */
  readonly codec?: RecordCodec
  /** Opens what connections send over; absent: kafkajs's. */
  readonly transport?: (options: TransportOptions) => Transport
}

/** Connections to a cluster. Nothing is connected until it is used; `close` ends every connection that it gave out. */
export class Client {
  readonly options: ClientOptions
  readonly codec: RecordCodec
  readonly #kafkajs: KafkajsClient
  readonly #connections = new Set<Connection>()
  #shared: Connection | undefined
  #control: Connection | undefined

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

  /** One connection for changes of topics: the controller may take seconds for them, and questions over `shared` must not wait behind. */
  get control(): Connection {
    this.#control ??= this.connect()
    return this.#control
  }

  async close(): Promise<void> {
    this.#shared = undefined
    this.#control = undefined
    await Promise.allSettled([...this.#connections].map((connection) => connection.close()))
  }
}
