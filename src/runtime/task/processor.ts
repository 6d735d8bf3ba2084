import { OutputBuffers } from '../../kafka/output-buffers.ts'
import { murmur2, partitionOf } from '../../kafka/wire/murmur2.ts'
import { DEAD_LETTERS, inboxTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker, StepResult } from '../../pipeline/worker/definition.ts'
import type { Input, InputRecord } from './input.ts'
import { originHeaders, type Origin } from './origin.ts'
import type { StateStore } from '../../pipeline/worker/state.ts'

type Step = (event: unknown, state: unknown, options: unknown) => StepResult<unknown, unknown> | undefined
type OnTime = (now: number, state: unknown, options: unknown) => StepResult<unknown, unknown> | undefined

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

/** Runs a worker's steps over one task's records: results go into `buffers` and `state`, both uncommitted. */
export class Processor {
  readonly buffers = new OutputBuffers()
  counts = noCounts()
  /** The greatest timestamp processed, in ms. */
  eventTime = -Infinity
  readonly #worker: AnyWorker
  readonly #options: unknown
  readonly #partition: number
  readonly #partitions: OutputPartitions
  readonly #state: StateStore
  readonly #inbox: string

  constructor(options: {
    worker: AnyWorker
    options: unknown
    partition: number
    partitions: OutputPartitions
    state: StateStore
  }) {
    this.#worker = options.worker
    this.#options = options.options
    this.#partition = options.partition
    this.#partitions = options.partitions
    this.#state = options.state
    this.#inbox = inboxTopic(options.worker.name)
  }

  /** The counts since the last call. */
  takeCounts(): Counts {
    const { counts } = this
    this.counts = noCounts()
    return counts
  }

  /** Processes the record at the input's head and takes it. @throws StepError */
  process(input: Input, record: InputRecord): void {
    const { alias, event, reason, time } = record
    if (alias === undefined || reason !== undefined) this.#deadLetter(input, reason ?? 'no input')
    else if (!this.#isStray(input, alias, event)) {
      const refused = this.#step(input, alias, event)
      if (refused !== undefined) this.#deadLetter(input, refused)
      else if (time !== undefined) this.#advance(input, time)
    }
    this.counts.processed++
    input.take()
  }

  /** State of one user must meet all records of that user: one that came to another partition goes to the inbox. */
  #isStray(input: Input, alias: string, event: unknown): boolean {
    const { state, inputs } = this.#worker
    if (!state || input.isInbox) return false
    const user = inputs[alias]!.userOf?.(event)
    if (user === undefined) return false
    const key = String(user)
    const home = partitionOf(key, this.#partitions.input)
    if (home === this.#partition) return false
    const { cursor } = input
    this.buffers.append(this.#inbox, home, key, cursor.value(), originHeaders(cursor.headers(), input.origin(), true))
    this.counts.strays++
    return true
  }

  #step(input: Input, alias: string, event: unknown): string | undefined {
    const { state, on } = this.#worker
    try {
      const step = on[alias] as unknown as Step
      if (!state) return this.#apply(undefined, step(event, undefined, this.#options))
      const key = (state.key[alias] as unknown as (event: unknown) => string)(event)
      return this.#apply(key, step(event, this.#state.get(key), this.#options))
    } catch (error) {
      throw new StepError(this.#worker.name, `on.${alias}`, input.origin(), error)
    }
  }

  /** Returns why the record is refused, if it is; then nothing of the result took effect. */
  #apply(stateKey: string | undefined, result: StepResult<unknown, unknown> | undefined): string | undefined {
    if (!result) return undefined
    if (result.reject !== undefined) return result.reject
    const refused = result.emit && this.#emit(result.emit)
    if (refused !== undefined) return refused
    if (result.state !== undefined && stateKey !== undefined) this.#state.set(stateKey, result.state)
    return undefined
  }

  /** All events or none: returns why, when one is too large. */
  #emit(events: readonly unknown[]): string | undefined {
    const { output } = this.#worker
    const encoded = events.map((event) => ({ key: output.key(event), value: output.shape.encode(event) }))
    for (const { key, value } of encoded)
      if (OutputBuffers.tooLarge(key, value))
        return `its ${output.name} event would have ${value.length} characters, more than a record may have`
    for (const { key, value } of encoded)
      this.buffers.append(output.name, partitionOf(key, this.#partitions.output), key, value)
    this.counts.emitted += events.length
    return undefined
  }

  /** Event time moves on, never back: timers up to it fire, also those of a record that came late. */
  #advance(input: Input, time: number): void {
    if (time > this.eventTime) this.eventTime = time
    const onTime = this.#worker.onTime as OnTime | undefined
    if (!onTime) return
    try {
      for (const key of this.#state.due(this.eventTime)) {
        const refused = this.#apply(key, onTime(this.eventTime, this.#state.get(key), this.#options))
        if (refused !== undefined) throw new Error(refused)
        this.#state.refuseDue(key, this.eventTime)
      }
    } catch (error) {
      throw new StepError(this.#worker.name, 'onTime', input.origin(), error)
    }
  }

  #deadLetter(input: Input, reason: string): void {
    const { cursor } = input
    const origin = input.origin()
    const { deadLetters } = this.#partitions
    const partition = origin.key ? (murmur2(origin.key) & 0x7fff_ffff) % deadLetters : this.#partition % deadLetters
    const headers = [
      { key: 'payflow.worker', value: this.#worker.name },
      { key: 'payflow.reason', value: reason },
      ...originHeaders(cursor.headers(), origin, false),
    ]
    this.buffers.append(DEAD_LETTERS, partition, origin.key, cursor.value(), headers)
    this.counts.deadLetters++
  }
}
