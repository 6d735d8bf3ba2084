import { PayflowError } from '../../errors.ts'
import type { RecordCodec } from '../../kafka/codec.ts'
import { OutputBuffers } from '../../kafka/output-buffers.ts'
import type { TopicLimits } from '../../kafka/topic-limits.ts'
import { DEAD_LETTERS, inboxTopic, stateTopic } from '../../pipeline/events/topics.ts'
import type { Outgoing } from '../../pipeline/worker/emission.ts'
import { Execution } from '../../pipeline/worker/execution.ts'
import { NoRecordKey, RecordKey, type KeyedRecord } from '../../pipeline/worker/keyed-record.ts'
import { meaningOfNull } from '../../pipeline/worker/null-values.ts'
import { originHeaders, refusalHeaders } from '../../pipeline/worker/origin-headers.ts'
import { placesOf, type PlaceOf } from '../../pipeline/worker/placement.ts'
import { refusalKindOf, type RefusalKind } from '../../pipeline/worker/refusals.ts'
import type { Tally } from '../../pipeline/worker/tally.ts'
import { isCustom, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { StateFault, type TaskState } from '../state/task-state.ts'
import type { InputRecord } from './input-record.ts'
import { StepError, atEventTime, atRecord } from './step-error.ts'
import { appendCopy, appendCut } from './oversize.ts'
import { partitionOf, partitionOfBytes } from '../../kafka/partitioner.ts'

/** Partition counts of the topics a task writes. */
export interface OutputPartitions {
  /** Of the only output, or the first. */
  readonly output: number
  /** Of each output, by its topic. */
  readonly outputs: ReadonlyMap<string, number>
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

export interface ProcessorOptions {
  readonly worker: AnyWorker
  readonly options: unknown
  readonly partition: number
  readonly partitions: OutputPartitions
  readonly state: TaskState
  /** The task's event time as the changelog has it, in ms. */
  readonly eventTime: number
  /** Whether timers that are due then have still to fire. */
  readonly isFiring: boolean
  /** What the topics take that it writes. */
  readonly limits: TopicLimits
  readonly codec: RecordCodec
  /** Keys whose state has turned out to be more than a changelog record may hold. */
  readonly largeStates: ReadonlySet<string>
}

/** Where a record's state lies, or why that cannot be known. */
type Home = { readonly partition: number; readonly key: string } | { readonly refused: string }

/** Between them the task looks at the clock, and at how much it has collected. */
const TIMERS_AT_ONCE = 32

/** The built-in workers place records by their events. */
const noKeyAsked: KeyedRecord = { key: '' }

/** Hands one task's records to the execution of its worker: results go into `buffers` and the state, both uncommitted. */
export class Processor {
  readonly buffers: OutputBuffers
  counts = noCounts()
  #refusals: Partial<Record<RefusalKind, number>> = {}
  readonly #worker: AnyWorker
  readonly #execution: Execution
  readonly #places: Readonly<Record<string, PlaceOf>>
  readonly #isCustom: boolean
  readonly #partition: number
  readonly #partitions: OutputPartitions
  readonly #inbox: string

  constructor(options: ProcessorOptions, buffers = new OutputBuffers(options.limits, options.codec)) {
    const { worker, largeStates } = options
    const topics = { output: worker.output.name, state: stateTopic(worker.name) }
    this.#worker = worker
    this.buffers = buffers
    this.#execution = new Execution({
      ...options,
      emit: isCustom(worker) ? (_key, _value, record) => this.#writeRecord(record!) : (key, value) => this.#write(key, value), // prettier-ignore
      checked: isCustom(worker),
      timersAtOnce: TIMERS_AT_ONCE,
      fits: isCustom(worker) ? (to, key, value, record) => this.buffers.fits(record?.topic ?? topics[to], key, value, record?.headers) : (to, key, value) => this.buffers.fits(topics[to], key, value), // prettier-ignore
      measuresState: (key) => largeStates.size > 0 && largeStates.has(key),
    })
    this.#places = placesOf(worker)
    this.#isCustom = isCustom(worker)
    this.#partition = options.partition
    this.#partitions = options.partitions
    this.#inbox = inboxTopic(options.worker.name)
  }

  /** The greatest timestamp processed, in ms. */
  get eventTime(): number {
    return this.#execution.eventTime
  }

  /** Timers have still to fire (`fire`) before the next record. */
  get isFiring(): boolean {
    return this.#execution.isFiring
  }

  /** The counts since the last call. */
  takeCounts(): Counts {
    const { counts } = this
    this.counts = noCounts()
    return counts
  }

  /** Of what was processed since the last call: why records became dead letters, how many came too late to count, and what outputs mean. */
  takeFigures(): { reasons: Partial<Record<RefusalKind, number>>; late: number; tally: Tally | undefined } {
    const reasons = this.#refusals
    const { figures } = this.#execution
    this.#refusals = {}
    return { reasons, late: figures.takeLate(), tally: figures.takeTally() }
  }

  /** What it has collected is not going to be committed. */
  discard(): void {
    this.buffers.clear()
  }

  /** Processes a record; the caller takes it afterwards. @throws StepError */
  process(record: InputRecord): void {
    const { alias, event, reason } = record
    if (alias === undefined || reason !== undefined) this.#processOther(record, reason ?? 'no input')
    else {
      const home = this.#homeOf(record, alias, event)
      const refused = home === undefined ? this.#take(record, alias, event) : this.#handOver(record, home)
      if (refused !== undefined) this.#deadLetter(record, refused)
    }
    this.counts.processed++
  }

  /** Goes on with timers that are due. Returns how many have fired; 0: those that are left are not at hand. @throws StepError */
  fire(): number {
    try {
      return this.#execution.fire()
    } catch (error) {
      throw this.#blamed(error, atEventTime(this.#partition, this.eventTime))
    }
  }

  /** A record that has no event: bad input, unless it has no value and the worker says what that means. */
  #processOther(record: InputRecord, reason: string): void {
    const { alias } = record
    const meaning = alias === undefined || record.value() !== null ? undefined : meaningOfNull(this.#worker, alias)
    if (meaning === 'ignore') return
    if (alias === undefined || meaning === undefined) {
      this.#deadLetter(record, reason)
      return
    }
    const home = this.#homeOf(record, alias, null)
    const refused = home === undefined ? this.#takeNull(record, alias) : this.#handOver(record, home) // prettier-ignore
    if (refused !== undefined) this.#deadLetter(record, refused)
  }

  #take(record: InputRecord, alias: string, event: unknown): string | undefined {
    try {
      return this.#execution.take(alias, event, record.time, record)
    } catch (error) {
      throw this.#blamed(error, atRecord(record.origin()))
    }
  }

  #takeNull(record: InputRecord, alias: string): string | undefined {
    try {
      return this.#execution.takeNull(alias, record)
    } catch (error) {
      throw this.#blamed(error, atRecord(record.origin()))
    }
  }

  #blamed(error: unknown, at: string): unknown {
    // the step was not even called, or not to the end
    if (error instanceof StateFault || error instanceof PayflowError) return error
    return new StepError(this.#worker.name, this.#execution.step, at, error)
  }

  /** A state must meet all its records: where one belongs that came to another partition. One that was replayed may have come to any inbox. */
  #homeOf(record: InputRecord, alias: string, event: unknown): Home | undefined {
    if (!this.#worker.state) return undefined
    const key = this.#placeOf(record, alias, event)
    if (key === undefined) return undefined
    if (typeof key !== 'string') return key
    const partition = partitionOf(key, this.#partitions.input)
    return partition === this.#partition ? undefined : { partition, key }
  }

  #placeOf(record: InputRecord, alias: string, event: unknown): string | { readonly refused: string } | undefined {
    try {
      return this.#places[alias]?.(event, this.#isCustom ? new RecordKey(() => record.origin().key) : noKeyAsked)
    } catch (error) {
      if (error instanceof NoRecordKey) return { refused: error.message }
      throw new StepError(this.#worker.name, `on.${alias}`, atRecord(record.origin()), error)
    }
  }

  /** Returns why that cannot be, if it cannot. */
  #handOver(record: InputRecord, home: Home): string | undefined {
    if ('refused' in home) return home.refused
    const { partition, key } = home
    const headers = originHeaders(record.headers(), record.origin(), true)
    const value = record.value()
    if (!appendCopy(this.buffers, { topic: this.#inbox, partition, key, value, headers }))
      return `it belongs to partition ${partition}, and ${this.#inbox} would hold more than a record may have`
    this.counts.strays++
    return undefined
  }

  #write(key: string, value: string): void {
    this.buffers.append(this.#worker.output.name, partitionOf(key, this.#partitions.output), key, value)
    this.counts.emitted++
  }

  /** Of a custom worker: perhaps another one of its outputs, and with headers. */
  #writeRecord({ topic, key, value, headers }: Outgoing): void {
    const count = this.#partitions.outputs.get(topic)!
    this.buffers.append(topic, partitionOf(key, count), key, value, headers)
    this.counts.emitted++
  }

  #deadLetter(record: InputRecord, reason: string): void {
    const origin = record.origin()
    const { deadLetters } = this.#partitions
    const partition = origin.key ? partitionOfBytes(origin.key, deadLetters) : this.#partition % deadLetters
    const refusal = { worker: this.#worker.name, reason: shortened(reason) }
    const headers = refusalHeaders(refusal, record.headers(), origin)
    const copy = { topic: DEAD_LETTERS, partition, key: origin.key, value: record.value(), headers }
    appendCut(this.buffers, copy, refusalHeaders(refusal, [], origin))
    const kind = refusalKindOf(reason)
    this.#refusals[kind] = (this.#refusals[kind] ?? 0) + 1
    this.counts.deadLetters++
  }
}

/** A custom worker may quote whatever it was given. */
const MAX_REASON = 1_000
const shortened = (reason: string): string => (reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason)
