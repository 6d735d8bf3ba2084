import { setImmediate as tick } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import { noLog, type Log } from '../log.ts'
import { checkVersions } from './api-versions.ts'
import type { RecordCodec } from './codec.ts'
import { NoLeader, PartitionError, brokerOf, classify, codeOf, isConnectionError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { FetchSize } from './fetch-size.ts'
import { needing } from './rights.ts'
import { topicErrorOf } from './topic-error.ts'
import type { Broker, CoordinatorType, Metadata, TopicMetadata, Transport } from './transport.ts'
import { metadataRequest } from './wire/metadata.ts'

interface Told {
  readonly errorCode: number
  readonly partitions: ReadonlyMap<number, TopicMetadata['partitionMetadata'][number]>
}

const toldOf = ({ topicErrorCode, partitionMetadata }: TopicMetadata): Told => ({
  errorCode: topicErrorCode,
  partitions: new Map(partitionMetadata.map((partition) => [partition.partitionId, partition])),
})

/**
 * Metadata, leaders and coordinators of a cluster, over connections of its own.
 * Leaders and coordinators are remembered until a request to them fails (`forget`).
 */
export class Connection {
  /** Who encodes and decodes records. */
  readonly codec: RecordCodec
  /** How much it can bring in time. */
  readonly fetchSize = new FetchSize()
  readonly #transport: Transport
  readonly #onClose: () => void
  readonly #log: Log
  readonly #coordinators = new Map<string, Broker>()
  readonly #topics = new Set<string>()
  /** What the transport was told last, and the same to look up in. */
  #indexed: Metadata | null = null
  #index: ReadonlyMap<string, Told> = new Map()
  #connected: Promise<void> | undefined
  #stale = false
  #closed = false

  constructor(transport: Transport, codec: RecordCodec, onClose: () => void, log: Log = noLog) {
    this.#transport = transport
    this.codec = codec
    this.#onClose = onClose
    this.#log = log
  }

  /** Learns of all these topics with one request. @throws a broker's error of the first of them that has one */
  know(topics: readonly string[]): Promise<void> {
    return this.#know(topics)
  }

  /** The broker that leads the partition, connected. @throws NoLeader */
  async leader(topic: string, partition: number): Promise<Broker> {
    await this.#know([topic])
    const found = this.#toldOf(topic)?.partitions.get(partition)
    if (found && found.leader >= 0) return this.#transport.broker(found.leader)
    this.#stale = true
    throw found ? new NoLeader(topic, partition, found.replicas) : new PartitionError('Metadata', topic, partition, 3)
  }

  /** The id of the broker that leads the partition, as far as that is known without asking anybody. */
  knownLeader(topic: string, partition: number): number | undefined {
    if (this.#closed || this.#stale) return undefined
    const told = this.#toldOf(topic)
    return told?.errorCode === 0 ? told.partitions.get(partition)?.leader : undefined
  }

  /** Number of partitions of a topic; 0 when there is no such topic. */
  async partitions(topic: string): Promise<number> {
    try {
      await this.#know([topic])
    } catch (error) {
      if (codeOf(error) === 3) return 0
      throw error
    }
    return this.#toldOf(topic)?.partitions.size ?? 0
  }

  async coordinator(type: CoordinatorType, id: string): Promise<Broker> {
    const key = `${type} ${id}`
    const known = this.#coordinators.get(key)
    if (known?.isConnected()) return known
    await this.#know([])
    const right = {
      operation: 'Describe',
      resource: type === 'group' ? type : 'transactional id',
      names: [id],
    } as const
    const broker = await needing([right], () => this.#transport.coordinator(type, id))
    this.#coordinators.set(key, broker)
    return broker
  }

  /** Who is in the cluster, as its first broker to answer said. */
  async cluster(): Promise<Metadata> {
    await this.#know([])
    return this.#transport.metadata!
  }

  /** What a broker says of these topics now; errors of topics and partitions are part of it. */
  async metadata(topics: readonly string[] | 'all'): Promise<Metadata> {
    const broker = await this.any()
    return this.send(broker, metadataRequest(topics))
  }

  /** The broker of this id, connected. */
  async broker(nodeId: number): Promise<Broker> {
    await this.#know([])
    return this.#transport.broker(nodeId)
  }

  /** Any broker that answers. */
  async any(): Promise<Broker> {
    await this.#know([])
    return this.#transport.any()
  }

  /** Every broker that can be connected to. */
  async all(): Promise<Broker[]> {
    await this.#know([])
    const brokers = this.#transport.metadata?.brokers ?? []
    const found = await Promise.allSettled(brokers.map(({ nodeId }) => this.#transport.broker(nodeId)))
    return found.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  async send<Result>(broker: Broker, exchange: Exchange<Result>): Promise<Result> {
    try {
      return await broker.send(exchange)
    } catch (error) {
      await this.forget(error, broker)
      throw error
    }
  }

  /**
   * Looks everything up again after this error: leaders and coordinators may have moved. A connection that gave no answer is
   * broken off: an answer that comes late would be taken for nothing, and the next request would wait behind it.
   */
  async forget(error: unknown, broker?: Broker): Promise<void> {
    // what was under way when it was closed is not lost
    if (this.#closed || classify(error) === 'fatal') return
    this.#stale = true
    this.#coordinators.clear()
    if (!isConnectionError(error)) return
    const silent = brokerOf(error)
    this.#log('debug', 'connection-lost', { broker: silent ?? broker?.address, error: messageOf(error) })
    for (const known of this.#transport.brokers)
      if (known === broker || known.address === silent) this.#transport.breakOff(known)
    await tick()
  }

  /** Looks leaders up again before the next request that needs one. */
  forgetLeaders(): void {
    this.#stale = true
  }

  /** Does not wait for answers that are still due: those who wait for one get an error. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#onClose()
    await this.#transport.close()
  }

  async #know(topics: readonly string[]): Promise<void> {
    if (this.#closed) throw new Error('Broker not connected')
    this.#connected ??= this.#connect()
    try {
      await this.#connected
    } catch (error) {
      this.#connected = undefined
      throw error
    }
    const unknown = topics.filter((topic) => !this.#topics.has(topic))
    if (unknown.length > 0) {
      const right = { operation: 'Describe', resource: 'topic', names: unknown } as const
      await needing([right], () => this.#transport.learn(unknown))
      for (const topic of unknown) this.#topics.add(topic)
      this.#stale = false
    } else if (this.#stale || !this.#transport.metadata || topics.some((topic) => this.#errorOf(topic) !== 0)) {
      await this.#transport.refresh()
      this.#stale = false
    }
    // the last answer may be that to an older question, which did not name it
    if (topics.some((topic) => !this.#toldOf(topic))) await this.#transport.refresh()
    for (const topic of topics) {
      const code = this.#errorOf(topic)
      if (code !== 0) throw topicErrorOf(topic, code)
    }
  }

  async #connect(): Promise<void> {
    const { address, versions } = await this.#transport.connect()
    if (versions) checkVersions(address, versions)
  }

  #toldOf(topic: string): Told | undefined {
    const { metadata } = this.#transport
    if (metadata !== this.#indexed) {
      this.#indexed = metadata
      this.#index = new Map(metadata?.topicMetadata.map((told) => [told.topic, toldOf(told)]))
    }
    return this.#index.get(topic)
  }

  #errorOf(topic: string): number {
    return this.#toldOf(topic)?.errorCode ?? 0
  }
}
