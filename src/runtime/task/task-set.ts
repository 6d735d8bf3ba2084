import { noCounts, type Counts } from './processor.ts'
import type { Task } from './task.ts'

/** The tasks of one instance: those that run, those that are ending, and what all of them together have done. */
export class TaskSet {
  readonly #tasks = new Map<number, { task: Task; done: Promise<void> }>()
  readonly #leaving = new Set<Promise<void>>()
  readonly #finished = noCounts()

  get running(): Task[] {
    return [...this.#tasks.values()].map(({ task }) => task)
  }

  /** None has anything left to do, and none is ending. */
  get idle(): boolean {
    return this.#leaving.size === 0 && this.running.every((task) => task.idle)
  }

  get counts(): Counts {
    const sum = { ...this.#finished }
    for (const { counts } of this.running) add(sum, counts)
    return sum
  }

  has(partition: number): boolean {
    return this.#tasks.has(partition)
  }

  /** Runs a task until it is stopped; `fail` gets what ended it for good. */
  run(task: Task, fail: (error: unknown) => void): void {
    this.#tasks.set(task.partition, { task, done: task.run().catch(fail) })
  }

  /** The tasks of all other partitions lose theirs. */
  keep(partitions: readonly number[]): void {
    for (const task of this.running) {
      if (partitions.includes(task.partition)) continue
      task.lose()
      this.#retire(task.partition)
    }
  }

  /** Returns when all have ended, with what they had under way. */
  async stop(): Promise<void> {
    for (const task of this.running) {
      task.stop()
      this.#retire(task.partition)
    }
    await Promise.all(this.#leaving)
  }

  #retire(partition: number): void {
    const { task, done } = this.#tasks.get(partition)!
    this.#tasks.delete(partition)
    const gone = done.finally(() => {
      add(this.#finished, task.counts)
      this.#leaving.delete(gone)
    })
    this.#leaving.add(gone)
  }
}

function add(sum: Counts, more: Readonly<Counts>): void {
  sum.processed += more.processed
  sum.emitted += more.emitted
  sum.deadLetters += more.deadLetters
  sum.strays += more.strays
}
