import type { Client } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { OffsetMap } from '../../kafka/offsets.ts'
import { codeOf, isTooLarge } from '../../kafka/errors.ts'
import type { TopicLimits } from '../../kafka/topic-limits.ts'
import { maxAheadOf } from '../../pipeline/worker/max-ahead.ts'
import { inboxTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { Changelog, LargeState, recordedOffset } from '../state/changelog.ts'
import { refuseMisplaced } from '../state/misplaced.ts'
import type { Committer } from '../transaction/committer.ts'
import { Undone } from '../transaction/part.ts'
import { prepareCommit } from './commit.ts'
import { failpoint } from '../failpoint.ts'
import { Input } from './input.ts'
import type { Aliases } from './input-record.ts'
import { nextInput } from './merge.ts'
import { settledOffsets, startingPositions, type SourcePartition, type StartingPosition } from './positions.ts'
import { Processor, type OutputPartitions } from './processor.ts'
import { StateStore } from '../../pipeline/worker/state.ts'
import { PartFigures, type CommittedPart } from './part-figures.ts'
import { settle } from './settle.ts'
import type { TaskPhase } from './life.ts'

/** A task's part of a transaction ends here, however much is fetched: it bounds memory and the work that an abort throws away. */
const MAX_TRANSACTION_BYTES = 8 << 20
const MAX_TRANSACTION_RECORDS = 50_000
/** All tasks of a process share one thread, and so do its heartbeats and answers: slow records must not keep it for seconds. */
const MAX_FILL_MS = 100
const RECORDS_PER_LOOK = 32
/** The first transactions are small and grow: results are seen early, and the other tasks of this process get to start meanwhile. */
const FIRST_TRANSACTION_RECORDS = 1_000
const GROWTH = 4
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
  readonly committer: Committer
  /** False from the moment on in which the group may have given the partition to another instance. */
  readonly isOwned: () => boolean
  readonly limits: TopicLimits
  /** Keys whose state has turned out to be more than a changelog record may hold. Outlives the epoch. */
  readonly largeStates: Set<string>
  /** Called when an input has something new: records, or a failure that `fill` throws. */
  readonly onInput: () => void
  /** `done` of `total` offsets of the changelog are read. */
  readonly onRestore: (done: number, total: number) => void
  /** Told what the group's coordinator is asked again. */
  readonly onRetry?: (error: unknown) => void
}

/** What could not be committed, and what a new epoch does otherwise: records that are too large are refused one by one. */
class SizeLearnt extends Undone {
  override readonly name = 'SizeLearnt'
}

/** What the last committed progress record says of the inputs, and the next one will. */
interface EpochProgress {
  offsets: OffsetMap
  readonly topicIds: Record<string, string>
}

/** All that a task knows since it last asked where to begin, its inputs included: after an error the whole of it is thrown away, and a new one opened. */
export class Epoch {
  readonly inputs: readonly Input[]
  readonly #options: EpochOptions
  readonly #state: StateStore
  readonly #processor: Processor
  #maxRecords = FIRST_TRANSACTION_RECORDS
  readonly #figures = new PartFigures()
  #progress: EpochProgress
  #failure: Error | undefined

  private constructor(
    options: EpochOptions,
    state: StateStore,
    processor: Processor,
    sources: readonly SourcePartition[],
    positions: readonly StartingPosition[],
    progress: EpochProgress,
  ) {
    this.#options = options
    this.#state = state
    this.#processor = processor
    const aliases = aliasesOf(options.worker)
    this.inputs = sources.map((source, i) => this.#input(source, aliases, positions[i]!))
    this.#progress = progress
  }

  /**
   * No earlier owner can commit any more; then the group's offsets, and only then the state, up to where it is decided. `enter` is called
   * with each phase as it begins.
   */
  static async open(options: EpochOptions, enter: (phase: TaskPhase) => void, signal: AbortSignal): Promise<Epoch> {
    const { connection, worker, partition, partitions, limits, largeStates, onRetry } = options
    enter('fencing')
    await options.committer.ready(signal)
    failpoint('after-fencing')
    const state = new StateStore(worker, options.options)
    const sources = sourcesOf(worker, partition)
    const question = { worker, sources, signal, onRetry }
    const changelog = new Changelog(connection, { worker, partition, state, signal, onProgress: options.onRestore })
    enter('seeking')
    const committed = await settledOffsets(connection, question)
    enter('restoring')
    const progress = await changelog.read()
    failpoint('after-restore')
    const ask = (): Promise<OffsetMap> => settledOffsets(connection, question)
    const settled = await settle({ ask, changelog, sources, signal }, { committed, progress })
    refuseMisplaced(worker, state, { partition, partitions: partitions.input })
    const positions = await startingPositions(connection, question, settled)
    const eventTime = settled.progress?.eventTime ?? -Infinity
    const processor = new Processor({ worker, options: options.options, partition, partitions, state, eventTime, limits, codec: connection.codec, largeStates }) // prettier-ignore
    const known: EpochProgress = { offsets: new OffsetMap(), topicIds: {} }
    for (const { topic, from, topicId } of positions) {
      if (topicId !== undefined) known.topicIds[topic] = topicId
      if (recordedOffset(settled.progress, { topic, partition }) !== undefined)
        known.offsets.set(OffsetMap.keyOf(topic, partition), from)
    }
    return new Epoch(options, state, processor, sources, positions, known)
  }

  /** Processes what is fetched, up to a transaction's size. Returns whether there is anything to commit. @throws what an input has failed with */
  fill(): boolean {
    if (this.#failure) throw this.#failure
    const { buffers, counts } = this.#processor
    const startedMs = performance.now()
    const deadline = startedMs + MAX_FILL_MS
    let input: Input | undefined
    if (counts.processed === 0) this.#figures.begin(nextInput(this.inputs)?.headTimestamp)
    while (
      counts.processed < this.#maxRecords &&
      buffers.byteLength < MAX_TRANSACTION_BYTES &&
      (input = nextInput(this.inputs))
    ) {
      this.#processor.process(input.peek()!)
      input.take()
      if (counts.processed % RECORDS_PER_LOOK === 0 && performance.now() > deadline) break
    }
    this.#figures.worked(performance.now() - startedMs)
    return counts.processed > 0
  }

  /** Returns what its part of the transaction held. @throws what the part, or the transaction, was refused with: the epoch is void then */
  async commit(): Promise<CommittedPart> {
    const startedMs = performance.now()
    const { worker, partition, partitions, committer, isOwned } = this.#options
    const { buffers } = this.#processor
    try {
      const { offsets, progress, done } = prepareCommit({
        worker: worker.name,
        partition,
        inputPartitions: partitions.input,
        processor: this.#processor,
        state: this.#state,
        inputs: this.inputs,
        progress: this.#progress.offsets,
        topicIds: this.#progress.topicIds,
      })
      await committer.submit({ partition, buffers, offsets, isOwned, records: this.#processor.counts.processed })
      done()
      this.#progress.offsets = progress
    } catch (error) {
      throw await this.#learnFrom(error)
    }
    this.#maxRecords = Math.min(this.#maxRecords * GROWTH, MAX_TRANSACTION_RECORDS)
    return this.#figures.take(this.#processor, this.inputs, { startedMs, state: worker.state && this.#state })
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
    const sent = buffers.batches().filter(({ topic }) => topic === error.topic)
    const largest = sent.map(({ records }) => records).reduce((most, records) => (records.byteLength > most.byteLength ? records : most)) // prettier-ignore
    const batch = { bytes: largest.byteLength, records: largest.count, limitUsed: buffers.limitUsed(error.topic) }
    await limits.refused(client, error.topic, batch, error)
    return new SizeLearnt(error.message)
  }

  /**
   * A broker refuses a position that was in the log at the start. It may take itself for the leader still, and lack what others have: leaders
   * are looked up again, and what the next start finds in the log decides.
   */
  #positionRefused({ topic, partition }: SourcePartition, position: number): Undone {
    this.#options.connection.forgetLeaders()
    return new Undone(`Offset ${position} of ${topic}/${partition} is not there, says its leader`)
  }

  #input(source: SourcePartition, aliases: Aliases, { from, committed }: StartingPosition): Input {
    const { options, onInput } = this.#options
    return new Input({
      ...source,
      committed,
      aliases,
      offset: from,
      maxAheadMs: maxAheadOf(options),
      onData: onInput,
      onFailure: (cause, { position }) => {
        this.#failure = codeOf(cause) === OFFSET_OUT_OF_RANGE ? this.#positionRefused(source, position) : cause
        onInput()
      },
    })
  }
}

/** What a task reads: its partition of every input, and of the inbox. */
const sourcesOf = (worker: AnyWorker, partition: number): SourcePartition[] => [
  ...Object.values(worker.inputs).map(({ name }) => ({ topic: name, partition, isInbox: false })),
  { topic: inboxTopic(worker.name), partition, isInbox: true },
]
const aliasesOf = ({ inputs }: AnyWorker): Aliases =>
  new Map(Object.entries(inputs).map(([alias, spec]) => [spec.name, { alias, spec }]))
