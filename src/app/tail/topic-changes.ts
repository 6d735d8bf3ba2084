import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import type { Scan, ScanSpan } from '../../kafka/scan.ts'
import { topicIdentities, type TopicIdentity } from '../../kafka/topic-identity.ts'

const LOOK_MS = 2_000
/** `payflow topics reset` takes as long to create a topic again. */
const GONE_MS = 10_000

interface Options {
  /** The partitions that are wanted; undefined: all. */
  readonly only: readonly number[] | undefined
  /** Whether what comes is followed. */
  readonly isOpen: boolean
  readonly note: (line: string) => void
}

/** Notices topics that get more partitions, are created again, or are deleted for good. */
export class TopicChanges {
  readonly #client: Client
  readonly #options: Options
  readonly #known: Map<string, TopicIdentity>
  readonly #gone = new Map<string, { readonly sinceMs: number; readonly spans: readonly ScanSpan[] }>()
  #lookedMs = performance.now()

  constructor(client: Client, topics: ReadonlyMap<string, TopicIdentity>, options: Options) {
    this.#client = client
    this.#options = options
    this.#known = new Map(topics)
  }

  /** Whether a topic is gone that may come back. */
  get isWaiting(): boolean {
    return this.#gone.size > 0
  }

  /** Undefined where brokers give topics no ids. */
  idOf(topic: string): string | undefined {
    return this.#known.get(topic)?.id
  }

  /** Now and then, or `now`. @throws PayflowError (failed) when no topic is left */
  async look(scan: Scan, { now }: { now: boolean }): Promise<void> {
    const { isOpen } = this.#options
    const atMs = performance.now()
    const isDue = atMs - this.#lookedMs > (now || this.isWaiting ? LOOK_MS / 10 : LOOK_MS)
    if (!isDue || !(isOpen || now || this.isWaiting)) return
    this.#lookedMs = atMs
    const found = await topicIdentities(this.#client.shared, [...this.#known.keys()])
    for (const [topic, before] of this.#known) {
      const after = found.get(topic)
      if (!after) this.#missing(scan, topic, atMs)
      else if (before.id !== after.id) this.#again(scan, topic, after)
      else if (this.#gone.has(topic)) this.#back(scan, topic)
      else if (isOpen && after.partitions > before.partitions) this.#grown(scan, topic, before, after)
    }
  }

  #missing(scan: Scan, topic: string, nowMs: number): void {
    const gone = this.#gone.get(topic) ?? { sinceMs: nowMs, spans: scan.drop(topic) }
    this.#gone.set(topic, gone)
    if (nowMs - gone.sinceMs < GONE_MS) return
    this.#known.delete(topic)
    this.#gone.delete(topic)
    if (this.#known.size === 0)
      throw new PayflowError('TOPIC_GONE', `${topic} was deleted while it was read`, {
        kind: 'failed',
        hint: 'see what there is with `payflow topics list`',
      })
    this.#options.note(`${topic} was deleted`)
  }

  /** A broker that has just started did not know it yet. */
  #back(scan: Scan, topic: string): void {
    for (const span of this.#gone.get(topic)!.spans) scan.put(span)
    this.#gone.delete(topic)
  }

  /** What was read is another topic's: nothing of this one is known. */
  #again(scan: Scan, topic: string, after: TopicIdentity): void {
    this.#gone.delete(topic)
    this.#known.set(topic, after)
    scan.drop(topic)
    if (!this.#options.isOpen)
      throw new PayflowError('TOPIC_GONE', `${topic} was deleted and created again while it was read`, {
        kind: 'failed',
        hint: 'run it again',
      })
    this.#options.note(`${topic} was deleted and created again: it is read from its start`)
    this.#take(scan, topic, after, 0)
  }

  #grown(scan: Scan, topic: string, before: TopicIdentity, after: TopicIdentity): void {
    this.#known.set(topic, after)
    this.#options.note(`${topic} has ${after.partitions} partitions now`)
    this.#take(scan, topic, after, before.partitions)
  }

  #take(scan: Scan, topic: string, { id, partitions }: TopicIdentity, first: number): void {
    for (let partition = first; partition < partitions; partition++)
      if (this.#options.only?.includes(partition) ?? true)
        scan.put({ topic, topicId: id, partition, from: 0, to: Infinity })
  }
}
