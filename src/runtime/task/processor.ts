import { OutputBuffers } from '../../kafka/output-buffers.ts'
import { murmur2, partitionOf } from '../../kafka/wire/murmur2.ts'
import { DEAD_LETTERS, inboxTopic } from '../../pipeline/events/topics.ts'
import { Execution } from '../../pipeline/worker/execution.ts'
import { originHeaders, refusalHeaders, type Origin } from '../../pipeline/worker/origin-headers.ts'
import type { StateStore } from '../../pipeline/worker/state.ts'
import { isCustom, type AnyWorker } from '../../pipeline/worker/definition.ts'
import type { InputRecord } from '../input-record.ts'

/** Partition counts of the topics a task writes. */
export interface OutputPartitions {
  readonly output: number
  readonly deadLetters: number
  /** Of every input, of the inbox and of the changelog. */
  readonly input: number
}

export interface Counts {
  processed: number
  emitted: number
  deadLetters: number
  strays: number
}

export const noCounts = (): Counts => ({ processed: 0, emitted: 0, deadLetters: 0, strays: 0 })

/** An exception out of a worker's own code: a bug there, never bad input. */
export class StepError extends Error {
  override readonly name = 'StepError'
  readonly worker: string

  /** `at`: the record whose step it was, or that made a timer fire. */
  constructor(worker: string, step: string, at: Pick<Origin, 'topic' | 'partition' | 'offset'>, cause: unknown) {
    super(
      `${step} of worker ${worker} failed at ${at.topic}/${at.partition}, offset ${at.offset}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
    this.worker = worker
  }
}

/** Hands one task's records to the execution of its worker: results go into `buffers` and the state, both uncommitted. */
export class Processor {
  readonly buffers = new OutputBuffers()
  counts = noCounts()
  readonly #worker: AnyWorker
  readonly #execution: Execution
  readonly #partition: number
  readonly #partitions: OutputPartitions
  readonly #inbox: string

  constructor(options: {
    worker: AnyWorker
    options: unknown
    partition: number
    partitions: OutputPartitions
    state: StateStore
    /** The task's event time as the changelog has it, in ms. */
    eventTime: number
  }) {
    this.#worker = options.worker
    this.#execution = new Execution({
      ...options,
      emit: (key, value) => this.#write(key, value),
      checked: isCustom(options.worker),
    })
    this.#partition = options.partition
    this.#partitions = options.partitions
    this.#inbox = inboxTopic(options.worker.name)
  }

  /** The greatest timestamp processed, in ms. */
  get eventTime(): number {
    return this.#execution.eventTime
  }

  /** The counts since the last call. */
  takeCounts(): Counts {
    const { counts } = this
    this.counts = noCounts()
    return counts
  }

  /** Processes a record; it is up to the caller to take it then. @throws StepError */
  process(record: InputRecord): void {
    const { alias, event, reason } = record
    if (alias === undefined || reason !== undefined) this.#deadLetter(record, reason ?? 'no input')
    else if (!this.#isStray(record, alias, event)) {
      const refused = this.#take(record, alias, event)
      if (refused !== undefined) this.#deadLetter(record, refused)
    }
    this.counts.processed++
  }

  #take(record: InputRecord, alias: string, event: unknown): string | undefined {
    try {
      return this.#execution.take(alias, event, record.time)
    } catch (error) {
      throw new StepError(this.#worker.name, this.#execution.step, record.origin(), error)
    }
  }

  /** State of one user must meet all records of that user: one that came to another partition goes to the inbox. */
  #isStray(record: InputRecord, alias: string, event: unknown): boolean {
    const { state, inputs } = this.#worker
    if (!state || record.isForwarded) return false
    const user = inputs[alias]!.userOf?.(event)
    if (user === undefined) return false
    const key = String(user)
    const home = partitionOf(key, this.#partitions.input)
    if (home === this.#partition) return false
    this.buffers.append(this.#inbox, home, key, record.value(), originHeaders(record.headers(), record.origin(), true))
    this.counts.strays++
    return true
  }

  #write(key: string, value: string): void {
    this.buffers.append(this.#worker.output.name, partitionOf(key, this.#partitions.output), key, value)
    this.counts.emitted++
  }

  #deadLetter(record: InputRecord, reason: string): void {
    const origin = record.origin()
    const { deadLetters } = this.#partitions
    const partition = origin.key ? (murmur2(origin.key) & 0x7fff_ffff) % deadLetters : this.#partition % deadLetters
    const headers = refusalHeaders({ worker: this.#worker.name, reason }, record.headers(), origin)
    this.buffers.append(DEAD_LETTERS, partition, origin.key, record.value(), headers)
    this.counts.deadLetters++
  }
}
