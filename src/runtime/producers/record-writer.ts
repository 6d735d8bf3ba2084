import { topicConfigs, type Config } from '../../kafka/configs.ts'
import type { Client } from '../../kafka/client.ts'
import type { Compression } from '../../kafka/compression.ts'
import { partitionOfBytes } from '../../kafka/partitioner.ts'
import { topicsMissing, topicsWith } from '../../kafka/missing-topics.ts'
import { TimedBuffers, type TimedRecord } from '../../kafka/timed-buffers.ts'
import { TopicLimits } from '../../kafka/topic-limits.ts'
import { DELIVERY_TIMEOUT_MS, FLUSH_TIMEOUT_MS, IdempotentProducer } from './idempotent.ts'

interface Target {
  readonly partitions: number
  readonly config: Config | undefined
  /** Where the next record without a key goes. */
  next: number
}

/** Writes records to any topics, in their order, each once and with its own time. */
export class RecordWriter {
  readonly #client: Client
  readonly #signal: AbortSignal
  readonly #limits = new TopicLimits()
  readonly #buffers = new TimedBuffers(this.#limits)
  readonly #targets = new Map<string, Target>()
  readonly #compression: Compression
  #producer: Promise<IdempotentProducer> | undefined
  #underWay: Promise<void> | undefined

  constructor(client: Client, { compression, signal }: { compression: Compression; signal: AbortSignal }) {
    this.#client = client
    this.#compression = compression
    this.#signal = signal
  }

  get buffered(): { readonly records: number; readonly bytes: number } {
    return { records: this.#buffers.count, bytes: this.#buffers.byteLength }
  }

  /** Whether what was handed on last is not acknowledged yet. */
  get isBusy(): boolean {
    return this.#underWay !== undefined
  }

  isKnown(topic: string): boolean {
    return this.#targets.has(topic)
  }

  /** Learns of a topic. @throws PayflowError (failed) when there is none */
  async know(topic: string): Promise<void> {
    if (!(await topicsWith(this.#client, [topic], this.#signal)).has(topic))
      throw topicsMissing([topic], {
        hint: `create it with \`payflow topics create ${topic}\`, or name another one with --topic`,
      })
    const partitions = await this.#client.shared.partitions(topic)
    const names = ['max.message.bytes', 'retention.ms', 'cleanup.policy', 'message.timestamp.type']
    const configs = await topicConfigs(this.#client, [topic], names)
    this.#limits.learn(configs)
    this.#targets.set(topic, { partitions, config: configs.get(topic), next: 0 })
  }

  partitionsOf(topic: string): number {
    return this.#targets.get(topic)!.partitions
  }

  /** Of a known topic; undefined where it may not be read. */
  setting(topic: string, name: string): string | undefined {
    return this.#targets.get(topic)!.config?.get(name)
  }

  fits(topic: string, record: TimedRecord): boolean {
    return this.#buffers.fits(topic, record)
  }

  /** Takes a record of a known topic. `partition` undefined: that of its key, as Java's client chooses it. */
  put(topic: string, partition: number | undefined, record: TimedRecord): void {
    const target = this.#targets.get(topic)!
    const { partitions } = target
    const chosen =
      partition ?? (record.key === null ? target.next++ % partitions : partitionOfBytes(record.key, partitions))
    this.#buffers.append({ topic, partition: chosen }, record)
  }

  /** Sends what was taken, once what was sent before is acknowledged. `onAcknowledged`: when that holds for it. */
  async send(onAcknowledged: () => void): Promise<void> {
    await this.#underWay
    if (this.#buffers.count === 0) return
    const rounds = this.#buffers.takeRounds()
    this.#underWay = (async () => {
      const connection = this.#client.shared
      const options = { patienceMs: DELIVERY_TIMEOUT_MS, signal: this.#signal, compression: this.#compression }
      this.#producer ??= IdempotentProducer.open(connection, options)
      const producer = await this.#producer
      for (const round of rounds)
        await producer.send(round, () => (this.#signal.aborted ? FLUSH_TIMEOUT_MS : DELIVERY_TIMEOUT_MS))
      onAcknowledged()
      this.#underWay = undefined
    })()
    this.#underWay.catch(() => undefined) // whoever sends next, or settles, is told
  }

  /** Returns when everything that was sent is acknowledged. @throws PayflowError when it cannot be */
  async settled(): Promise<void> {
    await this.#underWay
  }
}
