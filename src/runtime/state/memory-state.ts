import { StateStore } from '../../pipeline/worker/state.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { ENTRY_BYTES } from './state-room.ts'
import type { TaskState } from './task-state.ts'

/** State in a Map: restored from the whole of the changelog at each start. */
export class MemoryState extends StateStore implements TaskState {
  readonly where = 'memory'
  readonly stored = undefined
  readonly #onGrowth: ((state: MemoryState) => void) | undefined

  /** `onGrowth` is told after each commit and each portion that is restored, and may throw a StateFault. */
  constructor(worker: AnyWorker, options: unknown, onGrowth?: (state: MemoryState) => void) {
    super(worker, options)
    this.#onGrowth = onGrowth
  }

  get changedBytes(): number {
    return this.size === 0 ? 0 : (this.changes.size * (this.bytes + this.size * ENTRY_BYTES)) / this.size
  }

  restored(): undefined {
    this.#onGrowth?.(this)
  }

  restoredWhole(): Promise<void> {
    return Promise.resolve()
  }

  override committed(): undefined {
    super.committed()
    this.#onGrowth?.(this)
  }

  loadTimers(): Promise<void> {
    return Promise.resolve()
  }

  async *keysInPortions(): AsyncGenerator<Iterable<string>> {
    yield await Promise.resolve(this.keys())
  }

  wipe(): Promise<void> {
    return Promise.reject(new Error('a state in memory begins empty'))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
