import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises'
import { PartitionError, codeOf } from '../../kafka/errors.ts'
import type { PartitionRecords } from '../../kafka/output-buffers.ts'
import type { ProduceResult } from '../../kafka/records.ts'
import type { Client } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { needing } from '../../kafka/rights.ts'
import { produce } from '../../kafka/produce.ts'
import { addOffsetsToTxn, addPartitionsToTxn, endTxn, txnOffsetCommit, type GroupPlace, type ProducerIdentity } from '../../kafka/requests.ts' // prettier-ignore
import type { Broker } from '../../kafka/transport.ts'
import type { Compression } from '../../kafka/compression.ts'
import { CONCURRENT_TRANSACTIONS, takeOver, type TakeOverOptions } from './take-over.ts'
import { type TopicPartition, byLeader, byTopic, groupedByTopic } from '../../kafka/partitions.ts'

/** TOPIC_AUTHORIZATION_FAILED, and OPERATION_NOT_ATTEMPTED for the others of the same request. */
const refusedTopic = new Set([29, 55])
/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR */
const coordinatorMoves = new Set([14, 15, 16])

export interface OffsetCommit extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number
}

export interface ProducerOptions extends TakeOverOptions {
  readonly compression?: Compression
}

/**
 * One epoch of one transactional id. `open` fences every earlier owner and ends its transaction; after any error in a transaction
 * the producer is to be thrown away (`close`) and a new one opened: no sequence number and no state is ever used again.
 */
export class TransactionalProducer {
  readonly #connection: Connection
  readonly #transactionalId: string
  readonly #producerId: string
  readonly #producerEpoch: number
  readonly #compression: Compression
  readonly #sequences = new Map<string, number>()
  readonly #enlisted = new Set<string>()
  #enlistedGroup: string | undefined
  #open = false

  private constructor(
    connection: Connection,
    transactionalId: string,
    id: { producerId: string; producerEpoch: number },
    compression: Compression,
  ) {
    this.#connection = connection
    this.#transactionalId = transactionalId
    this.#producerId = id.producerId
    this.#producerEpoch = id.producerEpoch
    this.#compression = compression
  }

  /** @throws when no producer id could be had within `patienceMs` (the last owner's transaction is being ended meanwhile). */
  static async open(client: Client, options: ProducerOptions): Promise<TransactionalProducer> {
    const { transactionalId, compression = 'none' } = options
    const connection = client.connect()
    try {
      return new TransactionalProducer(connection, transactionalId, await takeOver(connection, options), compression)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  get inTransaction(): boolean {
    return this.#open
  }

  /**
   * Tells the coordinator at once what the transaction will write to, the group's offsets too, so that records and offsets can then be sent
   * side by side. `send` and `sendOffsets` do the same for what was not named here.
   */
  async begin(batches: readonly TopicPartition[], groupId: string): Promise<void> {
    // First: a partition without a leader could not be told how the transaction ends.
    await byLeader(this.#connection, batches)
    const begun = this.#enlist(batches)
    const results = await Promise.allSettled([begun, this.#enlistGroup(groupId, begun)])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  /** Writes records into the transaction, beginning it if there is none: one request a broker. Returns where they were written. */
  async send(batches: readonly PartitionRecords[]): Promise<ProduceResult[]> {
    // First: a partition without a leader could not be told how the transaction ends.
    const leaders = await byLeader(this.#connection, batches)
    await this.#enlist(batches)
    return (await Promise.all([...leaders].map(([broker, mine]) => this.#produce(broker, mine)))).flat()
  }

  async #produce(broker: Broker, batches: readonly PartitionRecords[]): Promise<ProduceResult[]> {
    const results = await produce(this.#connection, broker, {
      transactionalId: this.#transactionalId,
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      acks: -1,
      timeoutMs: 10_000,
      compression: this.#compression,
      batches: batches.map(({ topic, partition, records, compression }) => {
        const key = `${topic}/${partition}`
        const baseSequence = this.#sequences.get(key) ?? 0
        // Sequence numbers are 32-bit and wrap to 0.
        this.#sequences.set(key, (baseSequence + records.count) % 0x8000_0000)
        return { topic, partition, records, compression, baseSequence }
      }),
    })
    for (const { topic, partition, errorCode } of results)
      if (errorCode !== 0) throw new PartitionError('Produce', topic, partition, errorCode)
    return results
  }

  async #enlist(batches: readonly TopicPartition[]): Promise<void> {
    const added = byTopic(batches.filter(({ topic, partition }) => !this.#enlisted.has(`${topic}/${partition}`)))
    if (added.size === 0) return
    this.#open = true
    const topics = [...added].map(([topic, partitions]) => ({ topic, partitions }))
    try {
      await this.#add(topics)
    } catch (error) {
      // One topic that is refused keeps the others from being tried: asked for alone, it says so.
      if (topics.length === 1 || !refusedTopic.has(codeOf(error) ?? 0)) throw error
      for (const topic of topics) await this.#add([topic])
    }
    for (const [topic, partitions] of added)
      for (const partition of partitions) this.#enlisted.add(`${topic}/${partition}`)
  }

  async #add(topics: readonly { topic: string; partitions: readonly number[] }[]): Promise<void> {
    const right = { operation: 'Write', resource: 'topic', names: topics.map(({ topic }) => topic) } as const
    await needing([right], () =>
      this.#afterMarkers(async (coordinator) => {
        await addPartitionsToTxn(coordinator, { ...this.#identity, topics })
      }),
    )
  }

  /** `begun`: a request of the same transaction that is under way and is tried again until the last one's markers are written. */
  async #enlistGroup(groupId: string, begun?: Promise<void>): Promise<void> {
    if (this.#enlistedGroup === groupId) return
    this.#open = true
    await this.#afterMarkers(async (coordinator) => {
      await addOffsetsToTxn(coordinator, { ...this.#identity, groupId })
    }, begun)
    this.#enlistedGroup = groupId
  }

  /**
   * Puts the group's offsets into the transaction, as this member of it; may be repeated with another generation.
   * @throws ILLEGAL_GENERATION or UNKNOWN_MEMBER_ID when the group does not have the member in this generation
   */
  async sendOffsets(groupId: string, offsets: readonly OffsetCommit[], place: GroupPlace): Promise<void> {
    await this.#enlistGroup(groupId)
    const topics = groupedByTopic(offsets, ({ partition, offset }) => ({ partition, offset }))
    const rights = [
      { operation: 'Read', resource: 'group', names: [groupId] },
      { operation: 'Read', resource: 'topic', names: [...topics.keys()] },
    ] as const
    await this.#onceSettled(groupId, (coordinator) =>
      needing(rights, () => txnOffsetCommit(coordinator, { ...this.#identity, groupId, place, topics })),
    )
  }

  /** A broker of Kafka 4 is named as a group's coordinator a moment before it knows that it is: it has refused then, and done nothing. */
  async #onceSettled(groupId: string, request: (coordinator: Broker) => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + 10_000
    for (;;) {
      try {
        await request(await this.#connection.coordinator('group', groupId))
        return
      } catch (error) {
        if (!coordinatorMoves.has(codeOf(error) ?? 0) || performance.now() > deadline) throw error
        await this.#connection.forget(error)
      }
      await sleep(20)
    }
  }

  /** `onSent` runs when the request is on its way and its answer is not here. */
  async commit(onSent?: () => void): Promise<void> {
    await this.#end(true, onSent)
  }

  async abort(): Promise<void> {
    await this.#end(false)
  }

  /** Ends the connections. A transaction that is still open is left to the next epoch, or to its timeout. */
  async close(): Promise<void> {
    await this.#connection.close()
  }

  async #end(committed: boolean, onSent?: () => void): Promise<void> {
    if (!this.#open) return
    const coordinator = await this.#connection.coordinator('transaction', this.#transactionalId)
    const ended = endTxn(coordinator, { ...this.#identity, transactionResult: committed })
    ended.catch(() => undefined) // whoever awaits it gets the error
    await tick()
    onSent?.()
    await ended
    this.#enlisted.clear()
    this.#enlistedGroup = undefined
    this.#open = false
  }

  /**
   * While the markers of the last transaction are being written, the next one is asked to try again; Java's client waits 20 ms too.
   * `first` is a request that is tried again already: when it has succeeded, so will this one.
   */
  async #afterMarkers(request: (coordinator: Broker) => Promise<void>, first?: Promise<void>): Promise<void> {
    const deadline = performance.now() + 10_000
    for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 20)) {
      try {
        await request(await this.#connection.coordinator('transaction', this.#transactionalId))
        return
      } catch (error) {
        if (codeOf(error) !== CONCURRENT_TRANSACTIONS || performance.now() > deadline) throw error
      }
      await (first ?? sleep(delayMs))
      first = undefined
    }
  }

  get #identity(): ProducerIdentity {
    return { transactionalId: this.#transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch }
  }
}
