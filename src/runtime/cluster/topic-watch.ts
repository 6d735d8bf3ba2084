import { isAborted, pause } from '../../pause.ts'
import { classify } from '../../kafka/errors.ts'
import type { Connection } from '../../kafka/connection.ts'
import { topicIdentities, type TopicIdentity } from '../../kafka/topic-identity.ts'

/** A request of some hundred bytes each time; Kafka's own clients look every five minutes. */
const LOOK_MS = 2_000

/** Watches a worker's topics: what it was started with does not hold any more when one got partitions or was created again. */
export class TopicWatch {
  readonly #connection: Connection
  readonly #topics: readonly string[]
  readonly #changed = new AbortController()
  readonly #known: Map<string, TopicIdentity>

  /** `partitions`: topic → how many the worker has found. */
  constructor(connection: Connection, partitions: ReadonlyMap<string, number>) {
    this.#connection = connection
    this.#topics = [...partitions.keys()]
    this.#known = new Map([...partitions].map(([topic, count]) => [topic, { id: undefined, partitions: count }]))
  }

  /** Aborted when the worker has to look at its topics again. */
  get changed(): AbortSignal {
    return this.#changed.signal
  }

  /** Says so of what another member of the group has seen first. */
  noteChange(): void {
    this.#changed.abort()
  }

  /** Looks now. Returns whether the worker has to look at its topics again. @throws what a broker answered */
  async look(): Promise<boolean> {
    const now = await topicIdentities(this.#connection, this.#topics)
    for (const [topic, identity] of now) {
      const known = this.#known.get(topic)
      if (known && differs(known, identity)) this.#changed.abort()
      else this.#known.set(topic, { ...identity, partitions: known?.partitions ?? identity.partitions })
    }
    return this.#changed.signal.aborted
  }

  /** Looks every few seconds until something has changed or the signal is aborted. A topic or broker that is away for now is not a change. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.changed])
    while (!isAborted(ended)) {
      try {
        await this.look()
      } catch (error) {
        if (classify(error) !== 'retriable' && !isAborted(ended)) throw error
      }
      await pause(LOOK_MS, ended)
    }
  }
}

/** A broker that is behind may know of fewer partitions for a moment. */
const differs = (known: TopicIdentity, now: TopicIdentity): boolean =>
  now.partitions > known.partitions || (known.id !== undefined && now.id !== undefined && now.id !== known.id)
