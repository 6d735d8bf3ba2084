import { asError } from '../../errors.ts'
import { codeOf, isTooLarge } from '../../kafka/errors.ts'
import { maxAheadOf } from '../../pipeline/worker/max-ahead.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { LargeState } from '../state/changelog.ts'
import type { TaskState } from '../state/task-state.ts'
import { Undone } from '../transaction/part.ts'
import { prepareCommit } from './commit.ts'
import { failpoint } from '../failpoint.ts'
import { Input } from './input.ts'
import type { Aliases } from './input-record.ts'
import { nextInput } from './merge.ts'
import { type SourcePartition, type StartingPosition } from './positions.ts'
import { Processor } from './processor.ts'
import { PartFigures, type CommittedPart } from './part-figures.ts'
import type { TaskPhase } from './life.ts'
import { restore, type EpochOptions, type EpochProgress, type Restored } from './restore.ts'

/** A task's part of a transaction ends here, however much is fetched: it bounds memory and the work that an abort throws away. */
const MAX_TRANSACTION_BYTES = 8 << 20
const MAX_TRANSACTION_RECORDS = 50_000
/** Changed state is written only with the rest: what it will take is estimated. */
const MAX_CHANGED_BYTES = 32 << 20
/** All tasks of a process share one thread, and so do its heartbeats and answers: slow records must not keep it for seconds. */
const MAX_FILL_MS = 100
const RECORDS_PER_LOOK = 32
/** The first transactions are small and grow: results are seen early, and the other tasks of this process get to start meanwhile. */
const FIRST_TRANSACTION_RECORDS = 1_000
const GROWTH = 4
const OFFSET_OUT_OF_RANGE = 1

/** What could not be committed, and what a new epoch does otherwise: records that are too large are refused one by one. */
class SizeLearnt extends Undone {
  override readonly name = 'SizeLearnt'
}

/** All that a task knows since it last asked where to begin, its inputs included: after an error the whole of it is thrown away, and a new one opened. */
export class Epoch {
  readonly inputs: readonly Input[]
  readonly #options: EpochOptions
  readonly #state: TaskState
  readonly #processor: Processor
  #maxRecords = FIRST_TRANSACTION_RECORDS
  readonly #figures = new PartFigures()
  #progress: EpochProgress
  #failure: Error | undefined
  #isCommitting = false

  private constructor(options: EpochOptions, state: TaskState, { processor, sources, positions, progress }: Restored) {
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
    enter('fencing')
    await options.committer.ready(signal)
    failpoint('after-fencing')
    let epoch: Epoch | undefined
    const faults: Error[] = []
    const state = await options.states.open((error) => {
      faults.push(error)
      epoch?.fail(error)
    })
    try {
      epoch = new Epoch(options, state, await restore(options, state, enter, signal))
    } finally {
      if (!epoch) await state.close()
    }
    for (const fault of faults) epoch.fail(fault)
    return epoch
  }

  /** It goes on no more: `fill` says why. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#options.onInput()
  }

  /** Processes what is fetched, up to a transaction's size. Returns whether there is anything to commit. @throws what an input has failed with */
  fill(): boolean {
    if (this.#failure) throw this.#failure
    const processor = this.#processor
    const { buffers, counts } = processor
    const startedMs = performance.now()
    const deadline = startedMs + MAX_FILL_MS
    let input: Input | undefined
    let fired = 0
    if (counts.processed === 0) this.#figures.begin(nextInput(this.inputs)?.headTimestamp)
    while (counts.processed + fired < this.#maxRecords && buffers.byteLength < MAX_TRANSACTION_BYTES) {
      if (processor.isFiring) {
        const more = processor.fire()
        // those that are left are on disk
        if (more === 0 && this.#isFiring) break
        fired += more
      } else if ((input = nextInput(this.inputs))) {
        processor.process(input.peek()!)
        input.take()
        if (counts.processed % RECORDS_PER_LOOK > 0) continue
      } else break
      if (performance.now() > deadline || this.#state.changedBytes > MAX_CHANGED_BYTES) break
    }
    this.#figures.worked(performance.now() - startedMs)
    return counts.processed > 0 || fired > 0
  }

  /** Not all timers have fired that are due. */
  get #isFiring(): boolean {
    return this.#processor.isFiring
  }

  /** Something is to be done, or to be committed, that no input tells of: timers move no offset. */
  get isBusy(): boolean {
    return this.#isCommitting || this.#isFiring
  }

  /** Gets the timers for which `fill` has stopped. To be called when nothing is left to commit. Returns whether there was something to wait for. */
  async loadTimers(): Promise<boolean> {
    if (!this.#isFiring) return false
    await this.#state.loadTimers()
    return true
  }

  /** It ends here: what is not committed never will be. */
  async close(): Promise<void> {
    this.#processor.discard()
    await this.#state.close()
  }

  /** Returns what its part of the transaction held. @throws what the part, or the transaction, was refused with: the epoch is void then */
  async commit(): Promise<CommittedPart> {
    const startedMs = performance.now()
    const { worker, partition, partitions, committer, isOwned } = this.#options
    const { buffers } = this.#processor
    this.#isCommitting = true
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
      let nextOffset: number | undefined
      const onWritten = (topic: string, next: number): void => {
        if (topic === stateTopic(worker.name)) nextOffset = next
      }
      await committer.submit({ partition, buffers, offsets, isOwned, records: this.#processor.counts.processed, onWritten }) // prettier-ignore
      // committed it is: that its state cannot go on is for the next `fill` to say
      await this.#settle(() => done(nextOffset))
      this.#progress.offsets = progress
    } catch (error) {
      throw await this.#learnFrom(error)
    }
    this.#isCommitting = false
    this.#maxRecords = Math.min(this.#maxRecords * GROWTH, MAX_TRANSACTION_RECORDS)
    return this.#figures.take(this.#processor, this.inputs, { startedMs, state: worker.state && this.#state })
  }

  async #settle(done: () => Promise<void> | undefined): Promise<void> {
    try {
      await done()
    } catch (error) {
      this.#failure ??= asError(error)
    }
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

  #input(source: SourcePartition, aliases: Aliases, { from, committed, topicId }: StartingPosition): Input {
    const { options, onInput } = this.#options
    return new Input({
      ...{ ...source, topicId },
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

const aliasesOf = ({ inputs }: AnyWorker): Aliases =>
  new Map(Object.entries(inputs).map(([alias, spec]) => [spec.name, { alias, spec }]))
