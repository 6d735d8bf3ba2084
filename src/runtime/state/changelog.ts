import { PayflowError } from '../../errors.ts'
import type { OutputBuffers } from '../../kafka/output-buffers.ts'
import type { Connection } from '../../kafka/connection.ts'
import { listOffsets, type OffsetMap } from '../../kafka/offsets.ts'
import { readPartition } from '../../kafka/read.ts'
import { retrying } from '../../kafka/retry.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import { spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { failpoint } from '../failpoint.ts'
import type { RecordCursor } from '../../kafka/records.ts'
import type { Place, TaskState } from './task-state.ts'
import { PROGRESS_KEY, type Progress } from './progress.ts'
import { placeDoubt } from './trust.ts'

export function writeProgress(buffers: OutputBuffers, worker: string, partition: number, progress: Progress): void {
  buffers.append(stateTopic(worker), partition, PROGRESS_KEY, JSON.stringify(progress))
}

/** A state that no record of the changelog can hold. */
export class LargeState extends Error {
  override readonly name = 'LargeState'
  readonly key: string
  constructor(topic: string, key: string) {
    super(`the state of ${key} is more than a record of ${topic} may have`)
    this.key = key
  }
}

/** One changelog record a changed key; a deleted one is a tombstone. The partition is the task's, whatever the key. @throws LargeState */
export function writeChanges(
  buffers: OutputBuffers,
  worker: string,
  partition: number,
  state: Pick<TaskState, 'changes' | 'measured'>,
): void {
  const topic = stateTopic(worker)
  for (const [key, value] of state.changes) {
    const text = value === null ? null : JSON.stringify(value)
    if (!buffers.fits(topic, key, text)) throw new LargeState(topic, key)
    buffers.append(topic, partition, key, text)
    if (text !== null) state.measured(key, text)
  }
}

export interface ChangelogOptions {
  readonly worker: AnyWorker
  readonly partition: number
  /** Gets what is read. */
  readonly state: TaskState
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}

interface Bounds {
  readonly start: number
  readonly stable: number
  readonly latest: number
}

/** What stood at the offset of the last progress record is something else now. */
class Differs extends Error {
  override readonly name = 'Differs'
}

/**
 * A changelog partition, read-committed, as far as it is decided. Each `read` goes on to the last stable offset as it is then: a position,
 * because the last offset may be a commit marker or compacted away. The first one begins where the state stands that was opened, if that can be trusted.
 */
export class Changelog {
  readonly #connection: Connection
  readonly #options: ChangelogOptions
  #position: number | undefined
  #undecided = false
  #progress: Progress | undefined
  #progressOffset: number | undefined
  /** The record that must be at `#progressOffset`, where one is. */
  #expected: string | undefined

  constructor(connection: Connection, options: ChangelogOptions) {
    this.#connection = connection
    this.#options = options
  }

  /** At the last read somebody's transaction was open in it: more may become readable. */
  get undecided(): boolean {
    return this.#undecided
  }

  /** Returns the last progress record. @throws StateFault */
  async read(): Promise<Progress | undefined> {
    const { worker, partition, state } = this.#options
    const topic = stateTopic(worker.name)
    const askedAtMs = Date.now()
    const bounds = await this.#bounds(topic)
    if (worker.state && bounds.start > 0) throw lostBeginning(worker, `${topic}/${partition}`, bounds.start)
    this.#undecided = bounds.stable < bounds.latest
    if (this.#position === undefined) await this.#begin(bounds, askedAtMs)
    try {
      await this.#readOn(topic, bounds)
    } catch (error) {
      if (!(error instanceof Differs)) throw error
      await this.#beginAgain()
      await this.#readOn(topic, bounds)
    }
    await state.restored(this.#place(askedAtMs))
    if (this.#progress?.resetting) throw unfinishedReset(worker)
    return this.#progress
  }

  /** Goes on from where the state stands, with the last progress record that it knows: what is there now must be the same. */
  async #begin({ start, latest }: Bounds, nowMs: number): Promise<void> {
    const { state } = this.#options
    this.#position = start
    if (!state.stored) return
    const doubt = placeDoubt(state.stored, { latest, nowMs })
    if (doubt !== undefined) return state.wipe(doubt)
    const { position, progress, progressOffset } = state.stored
    this.#progress = progress
    this.#progressOffset = progressOffset
    this.#expected = progress && JSON.stringify(progress)
    this.#position = progressOffset ?? position
  }

  async #beginAgain(): Promise<void> {
    await this.#options.state.wipe('differs-from-changelog')
    this.#position = 0
    this.#progress = this.#progressOffset = this.#expected = undefined
  }

  async #readOn(topic: string, { stable }: Bounds): Promise<void> {
    const { partition, state, signal, onProgress } = this.#options
    const from = this.#position!
    for await (const { records } of readPartition(this.#connection, { topic, partition, from, to: stable, signal })) {
      failpoint('in-restore')
      let timestamp = 0
      for (const cursor = records.cursor(); cursor.next();) {
        timestamp = cursor.timestamp
        this.#take(cursor)
      }
      this.#position = records.nextOffset
      await state.restored(this.#place(timestamp))
      onProgress(Math.min(records.nextOffset, stable) - from, stable - from)
    }
  }

  #take(cursor: RecordCursor): void {
    const { worker, state } = this.#options
    const key = cursor.keyText() ?? ''
    const text = cursor.valueText()
    if (this.#expected !== undefined) this.#compare(cursor.offset, key, text)
    if (key === PROGRESS_KEY) {
      this.#progress = text === null ? undefined : (JSON.parse(text) as Progress)
      this.#progressOffset = cursor.offset
      return
    }
    state.restore(key, text === null ? null : valueOf(worker, key, text), text)
    if (text !== null) state.measured(key, text)
  }

  /** The first record that is read: at the place of the last progress record, unless compaction has taken that away. @throws Differs */
  #compare(offset: number, key: string, text: string | null): void {
    const isThere = offset === this.#progressOffset
    if (isThere && (key !== PROGRESS_KEY || text !== this.#expected)) throw new Differs()
    this.#expected = undefined
  }

  #place(completeAtMs: number): Place {
    return { position: this.#position!, progress: this.#progress, progressOffset: this.#progressOffset, completeAtMs }
  }

  async #bounds(topic: string): Promise<Bounds> {
    const { partition, signal } = this.#options
    const at = [{ topic, partition }]
    const ask = (): Promise<OffsetMap[]> =>
      Promise.all((['earliest', 'stable', 'latest'] as const).map((end) => listOffsets(this.#connection, at, end)))
    const [start, stable, latest] = await retrying(ask, { timeoutMs: 30_000, signal })
    const offset = (of: OffsetMap | undefined): number => of?.of(topic, partition) ?? 0
    return { start: offset(start), stable: offset(stable), latest: offset(latest) }
  }
}

const unfinishedReset = (worker: AnyWorker): PayflowError =>
  new PayflowError('RESET_UNFINISHED', `A reset of ${worker.name} has begun and has not ended`, {
    kind: 'failed',
    hint: `let it end, or run it again: \`payflow worker reset ${spelledAs(worker)}\``,
  })

/** Whatever deleted it, and whenever: the policy is looked at once, when the worker starts. */
const lostBeginning = (worker: AnyWorker, at: string, from: number): PayflowError =>
  new PayflowError('STATE_LOST', `${at} begins at offset ${from}: the beginning of the state is deleted, and totals would be too small`, { kind: 'failed', hint: `rebuild it with \`payflow worker reset ${spelledAs(worker)}\`` }) // prettier-ignore

/** A state as the changelog has it. @throws PayflowError */
export function valueOf(worker: AnyWorker, key: string, text: string): unknown {
  try {
    return worker.state?.schema.parse(JSON.parse(text))
  } catch (error) {
    throw new PayflowError(
      'STATE_UNREADABLE',
      `The state of ${worker.name} for ${key} cannot be read: ${text.slice(0, 80)}`,
      {
        kind: 'failed',
        hint: `rebuild it with \`payflow worker reset ${spelledAs(worker)}\``,
        cause: error,
      },
    )
  }
}
