import { PayflowError } from '../../errors.ts'
import type { OutputBuffers } from '../../kafka/output-buffers.ts'
import type { Connection } from '../../kafka/connection.ts'
import { OffsetMap, listOffsets } from '../../kafka/offsets.ts'
import { readPartition } from '../../kafka/read.ts'
import { retrying } from '../../kafka/retry.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import { spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { failpoint } from '../failpoint.ts'
import type { StateStore } from '../../pipeline/worker/state.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

/** The progress record's key; no state key can be it, because state keys come from events. */
export const PROGRESS_KEY = '\u0000progress'

/** What the last transaction said beside its state: where the inputs are, and the task's event time in ms. */
export interface Progress {
  /** `topic/partition` → next offset. */
  readonly offsets: Readonly<Record<string, number>>
  readonly eventTime: number | null
  /** Partition count of the inputs for which this state was kept. */
  readonly partitions: number
  /** Topic → the id of the topic that the offsets are of. Absent in records of earlier versions, and where topics have no ids. */
  readonly topicIds?: Readonly<Record<string, string>>
  /** `payflow worker reset` has begun, and not ended, to delete what this record belongs to. */
  readonly resetting?: boolean
}

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
export function writeChanges(buffers: OutputBuffers, worker: string, partition: number, state: StateStore): void {
  const topic = stateTopic(worker)
  for (const [key, value] of state.changes) {
    const text = value === null ? null : JSON.stringify(value)
    if (!buffers.fits(topic, key, text)) throw new LargeState(topic, key)
    buffers.append(topic, partition, key, text)
    if (text !== null) state.measured(key.length + text.length)
  }
}

export interface ChangelogOptions {
  readonly worker: AnyWorker
  readonly partition: number
  /** Gets what is read. */
  readonly state: StateStore
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}

/**
 * A changelog partition, read-committed, as far as it is decided. Each `read` goes on to the last stable offset as it is then: a position,
 * because the last offset may be a commit marker or compacted away.
 */
export class Changelog {
  readonly #connection: Connection
  readonly #options: ChangelogOptions
  #position: number | undefined
  #undecided = false
  #progress: Progress | undefined

  constructor(connection: Connection, options: ChangelogOptions) {
    this.#connection = connection
    this.#options = options
  }

  /** At the last read somebody's transaction was open in it: more may become readable. */
  get undecided(): boolean {
    return this.#undecided
  }

  /** Returns the last progress record. */
  async read(): Promise<Progress | undefined> {
    const { worker, partition, state, signal, onProgress } = this.#options
    const topic = stateTopic(worker.name)
    const { start, stable, latest } = await this.#bounds(topic)
    if (worker.state && start > 0) throw lostBeginning(worker, `${topic}/${partition}`, start)
    this.#undecided = stable < latest
    const from = this.#position ?? start
    for await (const { records } of readPartition(this.#connection, { topic, partition, from, to: stable, signal })) {
      failpoint('in-restore')
      for (const cursor = records.cursor(); cursor.next();) {
        const key = cursor.keyText() ?? ''
        const text = cursor.valueText()
        if (key === PROGRESS_KEY) this.#progress = text === null ? undefined : (JSON.parse(text) as Progress)
        else {
          state.restore(key, text === null ? null : valueOf(worker, key, text))
          if (text !== null) state.measured(key.length + text.length)
        }
      }
      this.#position = records.nextOffset
      onProgress(Math.min(records.nextOffset, stable) - from, stable - from)
    }
    if (this.#progress?.resetting) throw unfinishedReset(worker)
    return this.#progress
  }

  async #bounds(topic: string): Promise<{ start: number; stable: number; latest: number }> {
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

function valueOf(worker: AnyWorker, key: string, text: string): unknown {
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

/** The next offset to read of an input; undefined when the record says nothing of it. */
export const recordedOffset = (
  progress: Progress | undefined,
  { topic, partition }: TopicPartition,
): number | undefined => progress?.offsets[OffsetMap.keyOf(topic, partition)]
