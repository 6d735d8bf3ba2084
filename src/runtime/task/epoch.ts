import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { OffsetMap } from '../../kafka/offsets.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { recordedOffset, restore } from '../state/changelog.ts'
import { commitTransaction } from './commit.ts'
import { failpoint } from '../failpoint.ts'
import type { Input } from './input.ts'
import { nextInput } from './merge.ts'
import { startingPositions } from './positions.ts'
import { Processor, type Counts, type OutputPartitions } from './processor.ts'
import { StateStore } from '../../pipeline/worker/state.ts'
import type { TaskPhase } from './life.ts'
import { TransactionalProducer } from '../producers/transactional.ts'

/** A transaction ends here, however much is fetched: it bounds memory and the work that an abort throws away. */
const MAX_TRANSACTION_BYTES = 8 << 20
const MAX_TRANSACTION_RECORDS = 50_000
/** The first transactions are small and grow: results are seen early, and the other tasks of this process get to start meanwhile. */
const FIRST_TRANSACTION_RECORDS = 1_000
const GROWTH = 4
const FENCING_PATIENCE_MS = 60_000
const ABORT_PATIENCE_MS = 1_000

export interface EpochOptions {
  readonly client: Client
  /** For restoring and asking offsets; shared by the worker's tasks. */
  readonly connection: Connection
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly partition: number
  readonly partitions: OutputPartitions
  readonly transactionTimeoutMs: number
  readonly onRestore: (partition: number, done: number, total: number) => void
}

/** What the last committed progress record says of the inputs, and the next one will. */
interface EpochProgress {
  offsets: OffsetMap
  readonly topicIds: Record<string, string>
}

/** All that a task knows under one producer epoch: after an error the whole of it is thrown away, and a new one opened. */
export class Epoch {
  readonly #options: EpochOptions
  readonly #producer: TransactionalProducer
  readonly #state: StateStore
  readonly #processor: Processor
  readonly #inputs: readonly Input[]
  #maxRecords = FIRST_TRANSACTION_RECORDS
  #progress: EpochProgress

  private constructor(
    options: EpochOptions,
    producer: TransactionalProducer,
    state: StateStore,
    processor: Processor,
    inputs: readonly Input[],
    progress: EpochProgress,
  ) {
    this.#options = options
    this.#producer = producer
    this.#state = state
    this.#processor = processor
    this.#inputs = inputs
    this.#progress = progress
  }

  /** Fences the last owner, restores state, and only then asks where to go on. `enter` is told each phase as it begins. */
  static async open(
    options: EpochOptions,
    inputs: readonly Input[],
    enter: (phase: TaskPhase) => void,
    signal: AbortSignal,
  ): Promise<Epoch> {
    const { client, worker, partition, transactionTimeoutMs } = options
    enter('fencing')
    const transactionalId = `payflow-${worker.name}-${partition}`
    const producer = await TransactionalProducer.open(client, {
      transactionalId,
      transactionTimeoutMs,
      patienceMs: FENCING_PATIENCE_MS,
      signal,
    })
    try {
      failpoint('after-fencing')
      return await Epoch.#restored(options, producer, inputs, enter, signal)
    } catch (error) {
      await producer.close()
      throw error
    }
  }

  static async #restored(
    options: EpochOptions,
    producer: TransactionalProducer,
    inputs: readonly Input[],
    enter: (phase: TaskPhase) => void,
    signal: AbortSignal,
  ): Promise<Epoch> {
    const { connection, worker, partition, partitions } = options
    enter('restoring')
    const state = new StateStore(worker, options.options)
    const processor = new Processor({ worker, options: options.options, partition, partitions, state })
    const onProgress = (done: number, total: number): void => options.onRestore(partition, done, total)
    const progress = await restore(connection, worker, partition, state, { signal, onProgress })
    processor.eventTime = progress?.eventTime ?? -Infinity
    failpoint('after-restore')
    enter('seeking')
    const sources = inputs.map(({ topic, isInbox }) => ({ topic, partition, isInbox }))
    const positions = await startingPositions(connection, { worker, sources, progress, signal })
    const known: EpochProgress = { offsets: new OffsetMap(), topicIds: {} }
    for (const [i, { topic, from, committed, topicId }] of positions.entries()) {
      inputs[i]!.seek(from, committed)
      if (topicId !== undefined) known.topicIds[topic] = topicId
      if (recordedOffset(progress, { topic, partition }) !== undefined)
        known.offsets.set(OffsetMap.keyOf(topic, partition), from)
    }
    return new Epoch(options, producer, state, processor, inputs, known)
  }

  get stateSize(): number {
    return this.#state.size
  }

  /** Processes what is fetched, up to a transaction's size. Returns whether there is anything to commit. */
  fill(): boolean {
    const { buffers, counts } = this.#processor
    let input: Input | undefined
    while (
      counts.processed < this.#maxRecords &&
      buffers.byteLength < MAX_TRANSACTION_BYTES &&
      (input = nextInput(this.#inputs))
    )
      this.#processor.process(input, input.peek()!)
    return counts.processed > 0
  }

  /** Returns what the transaction held. */
  async commit(): Promise<Counts> {
    const { worker, partition, partitions } = this.#options
    this.#progress.offsets = await commitTransaction({
      worker: worker.name,
      partition,
      inputPartitions: partitions.input,
      producer: this.#producer,
      processor: this.#processor,
      state: this.#state,
      inputs: this.#inputs,
      progress: this.#progress.offsets,
      topicIds: this.#progress.topicIds,
    })
    this.#maxRecords = Math.min(this.#maxRecords * GROWTH, MAX_TRANSACTION_RECORDS)
    return this.#processor.takeCounts()
  }

  /** Aborts what is open, before the connection ends: readers would wait for the transaction's timeout otherwise. */
  async close(): Promise<void> {
    if (this.#producer.inTransaction) {
      const aborted = this.#producer.abort().catch(() => undefined)
      await Promise.race([aborted, sleep(ABORT_PATIENCE_MS, undefined, { ref: false })])
    }
    await this.#producer.close()
  }
}
