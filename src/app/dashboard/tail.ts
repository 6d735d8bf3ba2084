import { messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listOffsets, OffsetMap } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { topicNames } from '../../kafka/topics.ts'
import type { Log } from '../../log.ts'
import { pause } from '../../pause.ts'
import type { TailMessage } from './model.ts'
import { recordsIn } from '../overview/newest.ts'

const INTERVAL_MS = 1_000
/** The newest of each partition, a second. */
const PER_PARTITION = 10

interface Reader {
  readonly topics: ReadonlySet<string>
  readonly show: (message: TailMessage) => void
}

/** The newest committed records of topics, once a second, for all pages that want some; nothing is read while none does. */
export class Tail {
  readonly #client: Client
  readonly #names: readonly string[]
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #readers = new Set<Reader>()
  #positions = new OffsetMap()
  #running = false

  constructor(client: Client, names: readonly string[], { log, signal }: { log: Log; signal: AbortSignal }) {
    this.#client = client
    this.#names = names
    this.#log = log
    this.#signal = signal
  }

  /** Shows what comes to these topics until it is taken back. */
  follow(topics: readonly string[], show: (message: TailMessage) => void): () => void {
    const reader = { topics: new Set(topics.filter((topic) => this.#names.includes(topic))), show }
    this.#readers.add(reader)
    if (!this.#running) void this.#run()
    return () => void this.#readers.delete(reader)
  }

  async #run(): Promise<void> {
    this.#running = true
    this.#positions = new OffsetMap()
    while (this.#readers.size > 0 && !this.#signal.aborted) {
      await this.#look().catch((error: unknown) => this.#log('debug', 'tail-failed', { error: messageOf(error) }))
      await pause(INTERVAL_MS, this.#signal)
    }
    this.#running = false
  }

  async #look(): Promise<void> {
    const wanted = new Set([...this.#readers].flatMap(({ topics }) => [...topics]))
    const existing = (await topicNames(this.#client)).filter((topic) => wanted.has(topic))
    const partitions = await this.#partitionsOf(existing)
    const ends = await listOffsets(this.#client.shared, partitions, 'stable')
    const passed = new Map<string, number>()
    const found = await Promise.all(
      partitions.map(async ({ topic, partition }) => {
        const end = ends.of(topic, partition) ?? 0
        const position = this.#positions.of(topic, partition) ?? end - PER_PARTITION
        this.#positions.set(OffsetMap.keyOf(topic, partition), end)
        passed.set(topic, (passed.get(topic) ?? 0) + Math.max(0, end - Math.max(0, position)))
        const from = Math.max(0, position, end - PER_PARTITION)
        return from < end ? recordsIn(this.#client.shared, { topic, partition, from, to: end }) : []
      }),
    )
    const records = found.flat().sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0))
    for (const { topics, show } of this.#readers)
      show({
        records: records.filter(({ topic }) => topics.has(topic)),
        passed: [...topics].reduce((sum, topic) => sum + (passed.get(topic) ?? 0), 0),
        perPartition: PER_PARTITION,
      })
  }

  async #partitionsOf(topics: readonly string[]): Promise<TopicPartition[]> {
    const found = await Promise.all(
      topics.map(async (topic) => {
        const count = await this.#client.shared.partitions(topic)
        return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
      }),
    )
    return found.flat()
  }
}
