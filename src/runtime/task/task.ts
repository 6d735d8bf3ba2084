import { isAborted, pause } from '../../pause.ts'
import { Epoch } from './epoch.ts'
import type { EpochOptions } from './restore.ts'
import { isFinal, reasonOf } from './failure.ts'
import type { CommittedPart } from './part-figures.ts'
import { causeOf, type EventSink } from '../events.ts'
import type { Fetcher } from './fetcher.ts'
import type { Input } from './input.ts'
import { StateKeeper } from '../state/state-keeper.ts'
import type { StateRoom } from '../state/state-room.ts'
import { StateFault } from '../state/task-state.ts'
import { PositionDoubt } from './position-doubt.ts'
import { PositionError } from './position-errors.ts'
import { noCounts, type Counts } from './processor.ts'
import { TaskLifecycle, type TaskPhase } from './life.ts'

/** Offsets that moved over commit markers only are committed when nothing else has come for this long. */
const IDLE_COMMIT_MS = 250
/** A fetch is answered within the linger, or ends with an error. */
const SILENT_MS = 10_000
const FIRST_BACKOFF_MS = 50
const MAX_BACKOFF_MS = 2_000

export interface TaskOptions extends Omit<
  EpochOptions,
  'onInput' | 'onRestore' | 'onPass' | 'largeStates' | 'isOwned' | 'states'
> {
  readonly fetcher: Fetcher
  readonly onEvent: EventSink
  /** Absent: state is kept in memory, whatever its size. */
  readonly stateRoom?: StateRoom | undefined
  /** An error that it begins again after. */
  readonly onFailure?: (error: unknown) => void
  /** It has got on. */
  readonly onProgress?: () => void
}

/** (worker, partition number p): partition p of every input, of the inbox and of the changelog, processed exactly once. */
export class Task {
  readonly partition: number
  readonly #options: TaskOptions & EpochOptions
  readonly #lifecycle: TaskLifecycle
  readonly #stop = new AbortController()
  readonly #counts = noCounts()
  #epoch: Epoch | undefined
  readonly #doubt = new PositionDoubt()
  #wake: (() => void) | undefined
  #lastProgressAt = performance.now()
  #commits = 0
  #isOwned = true
  #restoringSince = 0
  #epochs = 0

  constructor(options: TaskOptions) {
    const { partition, worker } = options
    this.partition = partition
    this.#options = {
      ...options,
      isOwned: () => this.#isOwned,
      onInput: () => this.#wake?.(),
      largeStates: new Set(),
      onPass: () => void (this.#lastProgressAt = performance.now()),
      states: new StateKeeper({ ...options, partitions: options.partitions.input, room: options.stateRoom }),
      onRestore: (done, total) => {
        this.#lastProgressAt = performance.now()
        options.onEvent({ kind: 'restoring', ...this.#task, done, total })
      },
    }
    this.#lifecycle = new TaskLifecycle(`${worker.name}/${partition}`, (...move) => this.#moved(...move))
  }

  /** Those of the epoch; none while there is no epoch. */
  get inputs(): readonly Input[] {
    return this.#epoch?.inputs ?? []
  }

  get phase(): TaskPhase {
    return this.#lifecycle.phase
  }

  /** Committed results only. */
  get counts(): Readonly<Counts> {
    return this.#counts
  }

  /** When it last committed, or read some of its state: restoring much of it takes time and is not a stall. */
  get progressAt(): number {
    return this.#lastProgressAt
  }

  /** Nothing is left to read as far as the last answers tell, and all of it is committed. */
  get idle(): boolean {
    const epoch = this.#running
    if (!epoch || epoch.isBusy) return false
    return epoch.inputs.every((input) => input.drained && input.committed === input.position)
  }

  /** Something is fetched and not committed, or the task is not running yet, or no broker tells whether there is something. */
  get hasWork(): boolean {
    const epoch = this.#running
    if (!epoch || epoch.isBusy) return true
    return epoch.inputs.some(({ committed, position, silentMs }) => committed < position || silentMs > SILENT_MS)
  }

  get #running(): Epoch | undefined {
    return this.phase === 'running' ? this.#epoch : undefined
  }

  /** Lives until it is stopped. @throws what no new epoch can mend: a bug in the worker, or a PayflowError. */
  async run(): Promise<void> {
    const { signal } = this.#stop
    for (let backoffMs = FIRST_BACKOFF_MS; !signal.aborted; backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)) {
      const commits = this.#commits
      try {
        await this.#live()
      } catch (error) {
        if (isAborted(signal)) break
        if (isFinal(error) && !this.#doubt.doubts(error, performance.now())) {
          this.#end('failed', error)
          throw error
        }
        await this.#abort(error)
      }
      if (this.#commits > commits) backoffMs = FIRST_BACKOFF_MS
      await pause(backoffMs, signal)
    }
    this.#end('revoked')
  }

  /** Ends `run` after the transaction under way. */
  stop(): void {
    this.#stop.abort()
    this.#wake?.()
  }

  /** As `stop`, when another instance may have the partition: what no coordinator has taken so far is dropped. */
  lose(): void {
    this.#isOwned = false
    this.stop()
  }

  /** One epoch: ends when the task is stopped, or throws. */
  async #live(): Promise<void> {
    const { signal } = this.#stop
    const epoch = await Epoch.open(this.#options, (phase) => this.#lifecycle.enter(phase), signal)
    this.#epoch = epoch
    this.#doubt.clear()
    this.#lifecycle.enter('running')
    this.#lastProgressAt = performance.now()
    for (const input of epoch.inputs) this.#options.fetcher.add(input)
    try {
      while (!signal.aborted) {
        if (epoch.fill() || this.#movedOverMarkers()) await this.#commit(epoch)
        else if (!(await epoch.loadTimers())) await this.#data()
      }
    } finally {
      for (const input of epoch.inputs) this.#options.fetcher.remove(input)
      await epoch.close()
    }
  }

  async #commit(epoch: Epoch): Promise<void> {
    this.#options.fetcher.wake()
    const part = await epoch.commit()
    const { counts } = part
    for (const name of Object.keys(counts) as (keyof Counts)[]) this.#counts[name] += counts[name]
    this.#commits++
    this.#lastProgressAt = performance.now()
    this.#committed(part)
  }

  #committed({ counts, reasons, late, consumed, ms, processMs, ageMs, state, tally }: CommittedPart): void {
    const { onEvent, onProgress } = this.#options
    const { deadLetters, strays } = counts
    onProgress?.()
    onEvent({
      kind: 'committed',
      ...this.#task,
      epoch: this.#epochs,
      ...counts,
      ...{ late, consumed, ms, processMs },
      ...(tally && { tally }),
      ...(ageMs !== undefined && { ageMs }),
      ...(state && { state }),
    })
    if (deadLetters > 0) onEvent({ kind: 'dead-letter', ...this.#task, records: deadLetters, reasons })
    if (strays > 0) onEvent({ kind: 'stray', ...this.#task, records: strays })
  }

  #moved(from: TaskPhase, to: TaskPhase, error: unknown): void {
    const { onEvent } = this.#options
    const now = performance.now()
    if (to === 'fencing') this.#epochs++
    const epoch = Math.max(this.#epochs, 1)
    if (to === 'restoring') this.#restoringSince = now
    if (from === 'restoring' && to === 'running') onEvent({ kind: 'restored', ...this.#task, ms: Math.round(now - this.#restoringSince) }) // prettier-ignore
    const cause = error === undefined ? undefined : causeOf(error)
    onEvent({ kind: 'phase', ...this.#task, epoch, from, to, ...(cause && { cause }) })
    if (to !== 'aborting' || !cause) return
    const reason = reasonOf(error)
    if (reason === 'fenced') onEvent({ kind: 'fenced', ...this.#task, epoch, cause })
    else onEvent({ kind: 'aborted', ...this.#task, epoch, reason, cause })
  }

  get #task(): { worker: string; partition: number } {
    return { worker: this.#options.worker.name, partition: this.partition }
  }

  #movedOverMarkers(): boolean {
    return this.#isBeyondCommit() && performance.now() - this.#lastProgressAt >= IDLE_COMMIT_MS
  }

  #isBeyondCommit(): boolean {
    return this.inputs.some((input) => input.drained && input.processed !== input.committed)
  }

  /** Waits until a broker has answered, the task is stopped, or it is time to commit what it has moved over. */
  async #data(): Promise<void> {
    this.#options.fetcher.wake()
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#isBeyondCommit()) timer = setTimeout(resolve, IDLE_COMMIT_MS)
    })
    clearTimeout(timer)
    this.#wake = undefined
  }

  async #abort(error: unknown): Promise<void> {
    if (error instanceof StateFault) this.#options.states.learn(error)
    else this.#options.onFailure?.(error)
    this.#lifecycle.enter('aborting', error)
    this.#epoch = undefined
    // who has refused a position may take itself for the leader still
    if (error instanceof PositionError) this.#options.connection.forgetLeaders()
    await this.#options.connection.forget(error)
  }

  #end(phase: 'revoked' | 'failed', cause?: unknown): void {
    this.#epoch = undefined
    this.#options.states.leave()
    this.#lifecycle.enter(phase, cause)
  }
}
