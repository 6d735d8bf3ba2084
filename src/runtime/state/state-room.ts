export interface StateRoomOptions {
  /** Where state is kept that is too large for memory. */
  readonly directory: string
  /** About how many bytes of memory the state of all tasks of this process may take; 0: all of it is kept on disk. */
  readonly memoryBytes: number
}

/** A key's Map entry, its objects and what a garbage collection finds of them, beyond the bytes of its text: 130 of aggregated-revenue, 175 of process-payments. */
export const ENTRY_BYTES = 150
/** Of the memory, for the values that tasks on disk have used last. */
const PART_FOR_CACHES = 0.5
const LEAST_CACHE_BYTES = 1 << 20
/** A Map takes 16.7 million entries. */
const MOST_KEYS = 15_000_000

interface Sized {
  readonly size: number
  readonly bytes: number
}

/** What the tasks of a process share: how much memory their state may take, and a directory for what takes more. */
export class StateRoom {
  readonly directory: string
  readonly memoryBytes: number
  readonly #inMemory = new Map<object, number>()
  readonly #onDisk = new Set<object>()

  constructor({ directory, memoryBytes }: StateRoomOptions) {
    this.directory = directory
    this.memoryBytes = memoryBytes
  }

  /** Whether this task's state is the one to go to disk: all of them together are too large, and none is larger. */
  isTooLarge(task: object, { size, bytes }: Sized): boolean {
    const mine = bytes + size * ENTRY_BYTES
    this.#inMemory.set(task, mine)
    if (size > MOST_KEYS) return true
    let sum = 0
    let largest = 0
    for (const each of this.#inMemory.values()) {
      sum += each
      if (each > largest) largest = each
    }
    return sum > this.memoryBytes && mine === largest
  }

  /** What a task on disk may keep in memory of its values. */
  cacheBytes(task: object): number {
    this.#onDisk.add(task)
    return Math.max(LEAST_CACHE_BYTES, (this.memoryBytes * PART_FOR_CACHES) / this.#onDisk.size)
  }

  leave(task: object): void {
    this.#inMemory.delete(task)
    this.#onDisk.delete(task)
  }
}

/** True when it is more than any memory that payflow has a Map for. */
export const isBeyondMemory = ({ size }: Sized): boolean => size > MOST_KEYS
