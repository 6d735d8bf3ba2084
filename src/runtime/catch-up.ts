import type { Client } from '../kafka/client.ts'
import { lagOf } from '../kafka/lag.ts'
import { OffsetMap, listOffsets } from '../kafka/offsets.ts'
import { retrying } from '../kafka/retry.ts'
import { DEAD_LETTERS, inboxTopic } from '../pipeline/events/topics.ts'
import { outputNames } from '../pipeline/worker/definition.ts'
import { untilReadable } from './readable.ts'
import type { Runner } from './runner.ts'
import { firingIn } from './state/firing.ts'
import { progressOf } from './state/group-progress.ts'
import { sourcesOf } from './task/positions.ts'

const patience = { timeoutMs: 8_000 }

/** Whether workers that may feed one another have nothing left to read, all of them at once. */
export class CatchUp {
  readonly #client: Client
  readonly #runners: readonly Runner[]
  /**
   * Ends of inputs that held open transactions when they were asked for: only when these are decided, whatever was begun since, has all been
   * read that was there.
   */
  #undecided = new OffsetMap()

  constructor(client: Client, runners: readonly Runner[]) {
    this.#client = client
    this.#runners = runners
  }

  /**
   * All must have reached fresh ends of their inputs without any of them having processed in between. What they wrote can be read then. The
   * partitions that other members have count too: one that was killed may hold them until its session ends, and nobody reads on there.
   */
  async reached(signal: AbortSignal): Promise<boolean> {
    const connection = this.#client.shared
    if (!this.#idle()) return false
    for (const runner of this.#runners) if (await runner.topicsChanged()) return false
    await untilReadable(connection, writtenBy(this.#runners), signal)
    const before = this.#processed()
    for (let look = 0; look < 2; look++) {
      const inputs = this.#runners.flatMap(({ tasks }) => tasks.flatMap((task) => [...task.inputs]))
      const latest = await retrying(() => listOffsets(connection, inputs, 'latest'), patience)
      const stable = await retrying(() => listOffsets(connection, inputs, 'stable'), patience)
      for (const [at, end] of latest) if (!this.#undecided.has(at)) this.#undecided.set(at, end)
      const waits = [...this.#undecided].some(([at, end]) => latest.has(at) && (stable.get(at) ?? 0) < end)
      if (!waits) this.#undecided = new OffsetMap()
      if (waits || !this.#idle() || inputs.some(({ topic, partition, processed }) => processed < (stable.of(topic, partition) ?? 0))) return false // prettier-ignore
    }
    for (const runner of this.#runners) if (await this.#isBehind(runner, signal)) return false
    return this.#processed() === before
  }

  /** Whether something is left to read, or timers are left to fire, in a partition that is not the runner's own. */
  async #isBehind({ worker, tasks }: Runner, signal: AbortSignal): Promise<boolean> {
    const count = await this.#client.shared.partitions(Object.values(worker.inputs)[0]!.name)
    const own = new Set(tasks.map(({ partition }) => partition))
    const elsewhere = Array.from({ length: count }, (_, partition) => partition).filter((each) => !own.has(each))
    if (elsewhere.length === 0) return false
    const sources = elsewhere.flatMap((partition) => sourcesOf(worker, partition))
    const progress = await progressOf(this.#client, worker, sources, signal)
    const positions = sources.map((at) => ({ ...at, committed: progress.of(at.topic, at.partition) ?? null }))
    if ((await lagOf(this.#client, positions)).some(({ lag }) => lag > 0)) return true
    return (await firingIn(this.#client.shared, worker, elsewhere, signal)).size > 0
  }

  #idle(): boolean {
    return this.#runners.every((runner) => runner.idle)
  }

  #processed(): number {
    return this.#runners.reduce((sum, { counts }) => sum + counts.processed, 0)
  }
}

function writtenBy(runners: readonly Runner[]): string[] {
  const topics = runners.flatMap(({ worker }) => [...outputNames(worker), inboxTopic(worker.name)])
  return runners.some(({ counts }) => counts.deadLetters > 0) ? [...topics, DEAD_LETTERS] : topics
}
