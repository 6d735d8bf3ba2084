import type { Exchange } from '../exchange.ts'
import type { Broker, CoordinatorType, Metadata, Transport, TransportOptions } from '../transport.ts'
import { breakOff } from './repairs.ts'
import { addressOf, noteSilence } from './silence.ts'
import type { Cluster, KafkajsBroker } from './types.ts'

const coordinatorTypes: Readonly<Record<CoordinatorType, number>> = { group: 0, transaction: 1 }

/** Said of a connection that nobody needs any more. */
export const CLOSED = 'closed'

/** A transport over one of kafkajs's clusters: its connections, its metadata, its retries. */
export class KafkajsTransport implements Transport {
  readonly #cluster: Cluster
  readonly #onRequest: TransportOptions['onRequest']
  readonly #brokers = new WeakMap<KafkajsBroker, BrokerOfKafkajs>()
  #connecting: Promise<void> | undefined

  constructor(cluster: Cluster, onRequest?: TransportOptions['onRequest']) {
    this.#cluster = cluster
    this.#onRequest = onRequest
  }

  async connect(): Promise<Broker> {
    this.#connecting = this.#cluster.connect()
    await this.#connecting
    const { seedBroker } = this.#cluster.brokerPool
    return seedBroker ? this.#known(seedBroker) : this.any()
  }

  get metadata(): Metadata | null {
    return this.#cluster.brokerPool.metadata
  }

  learn(topics: readonly string[]): Promise<void> {
    return this.#cluster.addMultipleTargetTopics(topics)
  }

  refresh(): Promise<void> {
    return this.#cluster.refreshMetadata()
  }

  async broker(nodeId: number): Promise<Broker> {
    return this.#known(await this.#cluster.findBroker({ nodeId }))
  }

  async any(): Promise<Broker> {
    return this.#known(await this.#cluster.brokerPool.findConnectedBroker())
  }

  async coordinator(type: CoordinatorType, id: string): Promise<Broker> {
    const found = await this.#cluster.findGroupCoordinator({ groupId: id, coordinatorType: coordinatorTypes[type] })
    return this.#known(found)
  }

  get brokers(): Broker[] {
    return this.#all().map((broker) => this.#known(broker))
  }

  breakOff(broker: Broker): void {
    for (const own of this.#all())
      if (this.#known(own) === broker) {
        noteSilence(own)
        breakOff(own)
      }
  }

  async close(): Promise<void> {
    for (const broker of this.#all()) breakOff(broker, CLOSED)
    await this.#connecting?.catch(() => undefined)
    await this.#cluster.disconnect().catch(() => undefined)
  }

  /** The one that it began with stands among the others once their ids are known. */
  #all(): KafkajsBroker[] {
    const { seedBroker, brokers } = this.#cluster.brokerPool
    return [...new Set([...(seedBroker ? [seedBroker] : []), ...Object.values(brokers)])]
  }

  #known(broker: KafkajsBroker): BrokerOfKafkajs {
    let known = this.#brokers.get(broker)
    if (!known) this.#brokers.set(broker, (known = new BrokerOfKafkajs(broker, this.#onRequest)))
    return known
  }
}

class BrokerOfKafkajs implements Broker {
  readonly #broker: KafkajsBroker
  readonly #onRequest: TransportOptions['onRequest']

  constructor(broker: KafkajsBroker, onRequest: TransportOptions['onRequest']) {
    this.#broker = broker
    this.#onRequest = onRequest
  }

  get nodeId(): number {
    return this.#broker.nodeId
  }

  get address(): string {
    return addressOf(this.#broker)
  }

  get versions(): Broker['versions'] {
    return this.#broker.versions
  }

  isConnected(): boolean {
    return this.#broker.isConnected()
  }

  async send<Result>(exchange: Exchange<Result>): Promise<Result> {
    const onRequest = this.#onRequest
    return onRequest ? observed(exchange, (each) => this.#send(each), onRequest) : this.#send(exchange)
  }

  async #send<Result>(exchange: Exchange<Result>): Promise<Result> {
    try {
      return await this.#broker.connectionPool.send(exchange)
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await this.#broker.disconnect()
      throw error
    }
  }
}

/** Sends it, and tells how that went. */
async function observed<Result>(
  exchange: Exchange<Result>,
  send: (exchange: Exchange<Result>) => Promise<Result>,
  tell: NonNullable<TransportOptions['onRequest']>,
): Promise<Result> {
  const { request, response } = exchange
  const startedMs = performance.now()
  let throttledMs = 0
  let ok = false
  const decode = async (payload: Buffer): Promise<unknown> => {
    const decoded = await response.decode(payload)
    throttledMs = (decoded as { readonly clientSideThrottleTime?: number } | undefined)?.clientSideThrottleTime ?? 0
    return decoded
  }
  try {
    const answer = await send({ ...exchange, response: { decode, parse: (decoded) => response.parse(decoded) } })
    ok = true
    return answer
  } finally {
    tell({ api: request.apiName, ms: performance.now() - startedMs, ok, throttledMs })
  }
}
