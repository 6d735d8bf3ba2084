import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises'
import { PartitionError, codeOf } from '../../kafka/errors.ts'
import type { PartitionRecords } from '../../kafka/output-buffers.ts'
import type { PartitionBatch, ProduceResult } from '../../kafka/records.ts'
import type { Client } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { needing } from '../../kafka/rights.ts'
import { produce } from '../../kafka/produce.ts'
import { endTxn, endTxnOfEpoch, txnOffsetCommit, type GroupPlace, type NextEpoch, type ProducerIdentity } from '../../kafka/requests.ts' // prettier-ignore
import { brokersEnlist } from '../../kafka/features.ts'
import type { Broker } from '../../kafka/transport.ts'
import type { Compression } from '../../kafka/compression.ts'
import { Enlistment } from './enlistment.ts'
import { afterMarkers } from './after-markers.ts'
import { CONCURRENT_TRANSACTIONS, takeOver, type TakeOverOptions } from './take-over.ts'
import { type TopicPartition, byLeader, groupedByTopic } from '../../kafka/partitions.ts'

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
 * One transactional id. `open` fences every earlier owner and ends its transaction; after any error in a transaction the producer is to be
 * thrown away (`close`) and a new one opened: no sequence number and no state is ever used again.
 *
 * Where brokers take part in it (KIP-890), they tell the coordinator themselves what a transaction writes to, and each transaction has an
 * epoch of its own: what comes late of one cannot end up in the next.
 */
export class TransactionalProducer {
  readonly #connection: Connection
  readonly #compression: Compression
  readonly #sequences = new Map<string, number>()
  /** Undefined where brokers enlist. */
  readonly #enlistment: Enlistment | undefined
  #identity: ProducerIdentity
  #open = false
  /** Where brokers enlist: the last request that may do that. Two at once would get in each other's way at the coordinator. */
  #enlisting: Promise<unknown> = Promise.resolve()

  private constructor(connection: Connection, identity: ProducerIdentity, compression: Compression, enlist: boolean) {
    this.#connection = connection
    this.#identity = identity
    this.#compression = compression
    this.#enlistment = enlist ? new Enlistment(connection, identity) : undefined
  }

  /** @throws when no producer id could be had within `patienceMs` (the last owner's transaction is being ended meanwhile). */
  static async open(client: Client, options: ProducerOptions): Promise<TransactionalProducer> {
    const { transactionalId, compression = 'none' } = options
    const connection = client.connect()
    try {
      const identity = { transactionalId, ...(await takeOver(connection, options)) }
      const coordinator = await connection.coordinator('transaction', transactionalId)
      const enlist = !(await brokersEnlist(connection, coordinator))
      return new TransactionalProducer(connection, identity, compression, enlist)
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
   * side by side. `send` and `sendOffsets` do the same for what was not named here. Nothing where brokers enlist.
   */
  async begin(batches: readonly TopicPartition[], groupId: string): Promise<void> {
    if (!this.#enlistment) return
    // First: a partition without a leader could not be told how the transaction ends.
    await byLeader(this.#connection, batches)
    this.#open = true
    const begun = this.#enlistment.partitions(batches)
    const results = await Promise.allSettled([begun, this.#enlistment.group(groupId, begun)])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  /** Writes records into the transaction, beginning it if there is none: one request a broker. Returns where they were written. */
  send(batches: readonly PartitionRecords[]): Promise<ProduceResult[]> {
    return this.#inTurn(async () => {
      // First: a partition without a leader could not be told how the transaction ends.
      const leaders = await byLeader(this.#connection, batches)
      this.#open = true
      await this.#enlistment?.partitions(batches)
      return (await Promise.all([...leaders].map(([broker, mine]) => this.#produce(broker, mine)))).flat()
    })
  }

  /** A partition that is refused for the last transaction's markers has written nothing: it is asked for again, as it was. */
  async #produce(broker: Broker, records: readonly PartitionRecords[]): Promise<ProduceResult[]> {
    let left = records.map((batch) => this.#numbered(batch))
    const written: ProduceResult[] = []
    await afterMarkers(async () => {
      const results = await this.#produceOnce(broker, left)
      written.push(...results.filter(({ errorCode }) => errorCode === 0))
      const refused = results.filter(({ errorCode }) => errorCode !== 0)
      const worst = refused.find(({ errorCode }) => errorCode !== CONCURRENT_TRANSACTIONS) ?? refused[0]
      if (!worst) return
      left = left.filter((batch) => refused.some(({ topic, partition }) => topic === batch.topic && partition === batch.partition)) // prettier-ignore
      throw new PartitionError('Produce', worst.topic, worst.partition, worst.errorCode)
    })
    return written
  }

  #numbered({ topic, partition, records, compression }: PartitionRecords): PartitionBatch {
    const key = `${topic}/${partition}`
    const baseSequence = this.#sequences.get(key) ?? 0
    // Sequence numbers are 32-bit and wrap to 0.
    this.#sequences.set(key, (baseSequence + records.count) % 0x8000_0000)
    return { topic, partition, records, compression, baseSequence }
  }

  #produceOnce(broker: Broker, batches: readonly PartitionBatch[]): Promise<ProduceResult[]> {
    const enlists = !this.#enlistment
    return produce(this.#connection, broker, { ...this.#identity, enlists, acks: -1, timeoutMs: 10_000, compression: this.#compression, batches }) // prettier-ignore
  }

  #inTurn<Result>(request: () => Promise<Result>): Promise<Result> {
    if (this.#enlistment) return request()
    const turn = this.#enlisting.then(request)
    this.#enlisting = turn.catch(() => undefined)
    return turn
  }

  /**
   * Puts the group's offsets into the transaction, as this member of it; may be repeated with another generation.
   * @throws ILLEGAL_GENERATION or UNKNOWN_MEMBER_ID when the group does not have the member in this generation
   */
  sendOffsets(groupId: string, offsets: readonly OffsetCommit[], place: GroupPlace): Promise<void> {
    return this.#inTurn(() => this.#sendOffsets(groupId, offsets, place))
  }

  async #sendOffsets(groupId: string, offsets: readonly OffsetCommit[], place: GroupPlace): Promise<void> {
    this.#open = true
    await this.#enlistment?.group(groupId)
    const topics = groupedByTopic(offsets, ({ partition, offset }) => ({ partition, offset }))
    const rights = [
      { operation: 'Read', resource: 'group', names: [groupId] },
      { operation: 'Read', resource: 'topic', names: [...topics.keys()] },
    ] as const
    const commit = { ...this.#identity, enlists: !this.#enlistment, groupId, place, topics }
    await afterMarkers(() =>
      this.#onceSettled(groupId, (coordinator) => needing(rights, () => txnOffsetCommit(coordinator, commit))),
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

  async #end(commits: boolean, onSent?: () => void): Promise<void> {
    if (!this.#open) return
    const coordinator = await this.#connection.coordinator('transaction', this.#identity.transactionalId)
    const ended = this.#enlistment
      ? endTxn(coordinator, { ...this.#identity, transactionResult: commits })
      : endTxnOfEpoch(coordinator, { ...this.#identity, commits }).then((next) => this.#goOnAs(next))
    ended.catch(() => undefined) // whoever awaits it gets the error
    await tick()
    onSent?.()
    await ended
    this.#enlistment?.clear()
    this.#open = false
  }

  /** Sequence numbers begin anew with each epoch. */
  #goOnAs(next: NextEpoch): void {
    this.#identity = { ...this.#identity, ...next }
    this.#sequences.clear()
  }
}
