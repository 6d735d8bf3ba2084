import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { OffsetMap } from '../../kafka/offsets.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { codeOf, isTooLarge } from '../../kafka/errors.ts'
import type { TopicLimits } from '../../kafka/topic-limits.ts'
import { maxAheadOf } from '../../pipeline/worker/max-ahead.ts'
import { transactionalIdOf } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { LargeState, recordedOffset, restore } from '../state/changelog.ts'
import { commitTransaction } from './commit.ts'
import { failpoint } from '../failpoint.ts'
import { Input } from './input.ts'
import type { Aliases } from './input-record.ts'
import { nextInput } from './merge.ts'
import { positionLost } from './position-errors.ts'
import { startingPositions, type StartingPosition } from './positions.ts'
import { Processor, type Counts, type OutputPartitions } from './processor.ts'
import { StateStore } from '../../pipeline/worker/state.ts'
import type { TaskPhase } from './life.ts'
import { TransactionalProducer } from '../producers/transactional.ts'
import type { Compression } from '../../kafka/compression.ts'

/** A transaction ends here, however much is fetched: it bounds memory and the work that an abort throws away. */
const MAX_TRANSACTION_BYTES = 8 << 20
const MAX_TRANSACTION_RECORDS = 50_000
/** All tasks of a process share one thread, and so do its heartbeats and answers: slow records must not keep it for seconds. */
const MAX_FILL_MS = 100
const RECORDS_PER_LOOK = 32
/** The first transactions are small and grow: results are seen early, and the other tasks of this process get to start meanwhile. */
const FIRST_TRANSACTION_RECORDS = 1_000
const GROWTH = 4
const FENCING_PATIENCE_MS = 60_000
const ABORT_PATIENCE_MS = 1_000
const OFFSET_OUT_OF_RANGE = 1

export interface EpochOptions {
  readonly client: Client
  /** For restoring and asking offsets; shared by the worker's tasks. */
  readonly connection: Connection
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly partition: number
  readonly partitions: OutputPartitions
  /** What the task reads partition p of. */
  readonly topics: readonly { topic: string; isInbox: boolean }[]
  readonly aliases: Aliases
  readonly transactionTimeoutMs: number
  readonly compression: Compression
  readonly limits: TopicLimits
  /** Keys whose state has turned out to be more than a changelog record may hold. Outlives the epoch. */
  readonly largeStates: Set<string>
  /** Called when an input has something new: records, or a failure that `fill` throws. */
  readonly onInput: () => void
  readonly onRestore: (partition: number, done: number, total: number) => void
  /** Told what is tried again, and which coordinator was asked. */
  readonly onRetry?: (error: unknown, coordinator: 'group' | 'transaction') => void
  readonly log?: Log
}

/** What could not be committed, and what a new epoch does otherwise: records that are too large are refused one by one. */
export class SizeLearnt extends Error {
  override readonly name = 'SizeLearnt'
}

/** What the last committed progress record says of the inputs, and the next one will. */
interface EpochProgress {
  offsets: OffsetMap
  readonly topicIds: Record<string, string>
}

/** All that a task knows under one producer epoch, its inputs included: after an error the whole of it is thrown away, and a new one opened. */
export class Epoch {
  readonly inputs: readonly Input[]
  readonly #options: EpochOptions
  readonly #producer: TransactionalProducer
  readonly #state: StateStore
  readonly #processor: Processor
  #maxRecords = FIRST_TRANSACTION_RECORDS
  #progress: EpochProgress
  #failure: Error | undefined

  private constructor(
    options: EpochOptions,
    producer: TransactionalProducer,
    state: StateStore,
    processor: Processor,
    positions: readonly StartingPosition[],
    progress: EpochProgress,
  ) {
    this.#options = options
    this.#producer = producer
    this.#state = state
    this.#processor = processor
    this.inputs = options.topics.map((topic, i) => this.#input(topic, positions[i]!))
    this.#progress = progress
  }

  /** Fences the last owner, restores state, and only then asks where to go on. `enter` is called with each phase as it begins. */
  static async open(options: EpochOptions, enter: (phase: TaskPhase) => void, signal: AbortSignal): Promise<Epoch> {
    const { client, worker, partition, transactionTimeoutMs, compression } = options
    enter('fencing')
    const transactionalId = transactionalIdOf(worker.name, partition)
    const producer = await TransactionalProducer.open(client, {
      transactionalId,
      transactionTimeoutMs,
      compression,
      patienceMs: FENCING_PATIENCE_MS,
      signal,
      onRetry: (error) => options.onRetry?.(error, 'transaction'),
    })
    try {
      failpoint('after-fencing')
      return await Epoch.#restored(options, producer, enter, signal)
    } catch (error) {
      await producer.close()
      throw error
    }
  }

  static async #restored(
    options: EpochOptions,
    producer: TransactionalProducer,
    enter: (phase: TaskPhase) => void,
    signal: AbortSignal,
  ): Promise<Epoch> {
    const { connection, worker, partition, partitions, topics, limits, largeStates } = options
    enter('restoring')
    const state = new StateStore(worker, options.options)
    const onProgress = (done: number, total: number): void => options.onRestore(partition, done, total)
    const progress = await restore(connection, worker, partition, state, { signal, onProgress })
    const eventTime = progress?.eventTime ?? -Infinity
    const processor = new Processor({ worker, options: options.options, partition, partitions, state, eventTime, limits, codec: connection.codec, largeStates }) // prettier-ignore
    failpoint('after-restore')
    enter('seeking')
    const sources = topics.map(({ topic, isInbox }) => ({ topic, partition, isInbox }))
    const positions = await startingPositions(connection, { worker, sources, progress, signal, onRetry: (error) => options.onRetry?.(error, 'group') }) // prettier-ignore
    const known: EpochProgress = { offsets: new OffsetMap(), topicIds: {} }
    for (const { topic, from, topicId } of positions) {
      if (topicId !== undefined) known.topicIds[topic] = topicId
      if (recordedOffset(progress, { topic, partition }) !== undefined)
        known.offsets.set(OffsetMap.keyOf(topic, partition), from)
    }
    return new Epoch(options, producer, state, processor, positions, known)
  }

  /** Processes what is fetched, up to a transaction's size. Returns whether there is anything to commit. @throws what an input has failed with */
  fill(): boolean {
    if (this.#failure) throw this.#failure
    const { buffers, counts } = this.#processor
    const deadline = performance.now() + MAX_FILL_MS
    let input: Input | undefined
    while (
      counts.processed < this.#maxRecords &&
      buffers.byteLength < MAX_TRANSACTION_BYTES &&
      (input = nextInput(this.inputs))
    ) {
      this.#processor.process(input.peek()!)
      input.take()
      if (counts.processed % RECORDS_PER_LOOK === 0 && performance.now() > deadline) break
    }
    return counts.processed > 0
  }

  /** Returns what the transaction held. */
  async commit(): Promise<Counts> {
    const { worker, partition, partitions } = this.#options
    try {
      this.#progress.offsets = await commitTransaction({
        worker: worker.name,
        partition,
        inputPartitions: partitions.input,
        producer: this.#producer,
        processor: this.#processor,
        state: this.#state,
        inputs: this.inputs,
        progress: this.#progress.offsets,
        topicIds: this.#progress.topicIds,
      })
    } catch (error) {
      throw await this.#learnFrom(error)
    }
    this.#maxRecords = Math.min(this.#maxRecords * GROWTH, MAX_TRANSACTION_RECORDS)
    return this.#processor.takeCounts()
  }

  /** What was too large is known to the next epoch. Returns what is to be thrown. @throws PayflowError when nothing can be done about it */
  async #learnFrom(error: unknown): Promise<unknown> {
    const { client, limits, largeStates } = this.#options
    if (error instanceof LargeState) {
      largeStates.add(error.key)
      return new SizeLearnt(error.message)
    }
    if (!isTooLarge(error)) return error
    const { buffers } = this.#processor
    const sent = buffers.rounds().flat().filter(({ topic }) => topic === error.topic) // prettier-ignore
    const largest = sent.map(({ records }) => records).reduce((most, records) => (records.byteLength > most.byteLength ? records : most)) // prettier-ignore
    const batch = { bytes: largest.byteLength, records: largest.count, limitUsed: buffers.limitUsed(error.topic) }
    await limits.refused(client, error.topic, batch, error)
    return new SizeLearnt(error.message)
  }

  /** Aborts what is open, before the connection ends: readers would wait for the transaction's timeout otherwise. */
  async close(): Promise<void> {
    if (this.#producer.inTransaction) {
      const aborted = this.#producer.abort().catch((error: unknown) => {
        const { worker, partition, log } = this.#options
        log?.('debug', 'abort-failed', { worker: worker.name, partition, error: messageOf(error) })
      })
      await Promise.race([aborted, sleep(ABORT_PATIENCE_MS, undefined, { ref: false })])
    }
    await this.#producer.close()
  }

  #input({ topic, isInbox }: { topic: string; isInbox: boolean }, { from, committed }: StartingPosition): Input {
    const { options, partition, aliases, onInput } = this.#options
    return new Input({
      ...{ topic, partition, isInbox, aliases, committed },
      offset: from,
      maxAheadMs: maxAheadOf(options),
      onData: onInput,
      onFailure: (cause, { position }) => {
        this.#failure =
          codeOf(cause) === OFFSET_OUT_OF_RANGE ? positionLost({ topic, partition }, position, cause) : cause
        onInput()
      },
    })
  }
}
