import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientOptions } from '../../kafka/client.ts'
import type { Compression } from '../../kafka/compression.ts'
import type { Connection } from '../../kafka/connection.ts'
import { DELIVERY_TIMEOUT_MS, IdempotentProducer } from './idempotent.ts'

/** Events that are due within this many ms go together: at 50 a second, a request for each would be most of what the broker does. */
export const TICK_MS = 25

/** What producers write through: several of them may share connections, a producer id, and requests. */
export class Outlet {
  readonly client: Client
  readonly connection: Connection
  readonly #compression: Compression | undefined
  #producer: Promise<IdempotentProducer> | undefined
  #tick: Promise<void> | undefined

  constructor(client: ClientOptions, compression?: Compression) {
    this.client = new Client({ ...client, clientId: 'payflow-produce' })
    this.connection = this.client.connect()
    this.#compression = compression
  }

  /** @throws PayflowError when brokers do not give a producer id in time */
  producer(signal: AbortSignal): Promise<IdempotentProducer> {
    return (this.#producer ??= IdempotentProducer.open(this.connection, { patienceMs: DELIVERY_TIMEOUT_MS, signal, compression: this.#compression })) // prettier-ignore
  }

  /** The next moment, within `TICK_MS`, in which all of them send: what they send then goes in one request. */
  tick(): Promise<void> {
    // a timer drops fractions of a millisecond: it would come just before the moment, and once more in it
    const leftMs = Math.ceil(TICK_MS - (performance.now() % TICK_MS))
    return (this.#tick ??= sleep(leftMs).then(() => (this.#tick = undefined)))
  }

  close(): Promise<void> {
    return this.client.close()
  }
}
