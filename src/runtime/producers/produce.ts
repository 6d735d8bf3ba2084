import { topicsMissing } from '../../kafka/missing-topics.ts'
import { pause } from '../../pause.ts'
import { PartitionError, codeOf } from '../../kafka/errors.ts'
import { OutputBuffers } from '../../kafka/output-buffers.ts'
import type { ClientOptions } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { retrying } from '../../kafka/retry.ts'
import { TopicLimits } from '../../kafka/topic-limits.ts'
import { DEFAULT_MAX_AHEAD_MS } from '../../pipeline/worker/max-ahead.ts'
import type { Source } from '../../pipeline/sources/source.ts'
import { DELIVERY_TIMEOUT_MS, FLUSH_TIMEOUT_MS, type IdempotentProducer } from './idempotent.ts'
import { Outlet, TICK_MS } from './outlet.ts'
import { Pacer } from './pacer.ts'
import type { ProducerTracing } from '../tracing.ts'
import type { Compression } from '../../kafka/compression.ts'
import { partitionOf } from '../../kafka/partitioner.ts'

export interface ProduceOptions {
  readonly client: ClientOptions
  readonly source: Source
  readonly compression?: Compression
  /** Shared with others, instead of one of its own. */
  readonly outlet?: Outlet | undefined
  /** Events a second. */
  readonly rate: number | 'max'
  /** Index of the first event. */
  readonly from?: number
  readonly count?: number | undefined
  readonly durationMs?: number | undefined
  /** Aborted, it flushes what is generated and ends. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: ProduceProgress) => void
  /** How long brokers may be away before it gives up, in ms. */
  readonly deliveryTimeoutMs?: number
  readonly tracing?: ProducerTracing | undefined
}

interface ProduceProgress {
  readonly sent: number
  readonly acknowledged: number
  /** Acknowledged records a second, since the start. */
  readonly perSecond: number
}

export interface ProduceSummary {
  readonly topic: string
  readonly records: number
  /** Bytes of keys and values. */
  readonly bytes: number
  readonly seconds: number
  readonly perSecond: number
}

const UNKNOWN_TOPIC = 3
const BATCH_RECORDS = 12_000
const PROGRESS_MS = 250

/** Writes a source's events to its topic, in their order, paced, until count or duration is reached or the signal is aborted. */
export async function produce(options: ProduceOptions): Promise<ProduceSummary> {
  const { client, compression, outlet = new Outlet(client, compression) } = options
  try {
    return await new Production(options, outlet).run()
  } finally {
    if (outlet !== options.outlet) await outlet.close()
  }
}

/**
 * The number of a topic's partitions. Brokers may be away at this moment too, and one that has just started again knows no topics yet.
 * @throws PayflowError (failed) when there is no such topic
 */
async function partitionsOf(connection: Connection, topic: string, signal: AbortSignal): Promise<number> {
  const ask = async (): Promise<number> => {
    try {
      const partitions = await connection.partitions(topic)
      if (partitions > 0) return partitions
      throw new PartitionError('Metadata', topic, 0, UNKNOWN_TOPIC)
    } catch (error) {
      await connection.forget(error)
      throw error
    }
  }
  try {
    return await retrying(ask, { timeoutMs: DELIVERY_TIMEOUT_MS, signal })
  } catch (error) {
    if (codeOf(error) !== UNKNOWN_TOPIC) throw error
    throw topicsMissing([topic])
  }
}

class Production {
  readonly #options: ProduceOptions
  readonly #outlet: Outlet
  readonly #limits = new TopicLimits()
  readonly #spare: OutputBuffers[]
  readonly #startedAt = performance.now()
  #next: number
  #bytes = 0
  #acknowledged = 0
  #reportedAt = 0

  constructor(options: ProduceOptions, outlet: Outlet) {
    this.#options = options
    this.#outlet = outlet
    const { tracing, source } = options
    const { codec } = outlet.client
    this.#spare = [1, 2].map(() => tracing?.buffers(source.topic.name, this.#limits, codec) ?? new OutputBuffers(this.#limits, codec)) // prettier-ignore
    this.#next = options.from ?? 0
  }

  async run(): Promise<ProduceSummary> {
    const { source, signal, rate } = this.#options
    const topic = source.topic.name
    const partitions = await partitionsOf(this.#outlet.connection, topic, signal)
    await this.#limits.read(this.#outlet.client, [topic])
    const producer = await this.#outlet.producer(signal)
    const pacer = new Pacer(rate, performance.now())
    const first = this.#next
    const end = first + this.#limit()
    let inFlight = Promise.resolve()
    // While one batch is under way the next one is generated; a partition's batches go one after the other.
    while (this.#next < end && !signal.aborted && !this.#over()) {
      const buffers = this.#spare.pop()!
      const count = this.#generate(buffers, partitions, Math.min(end, first + pacer.due(performance.now())))
      await inFlight
      inFlight = count > 0 ? this.#send(producer, buffers, count) : Promise.resolve(void this.#spare.push(buffers))
      inFlight.catch(() => undefined)
      if (this.#next < end) await this.#untilDue(pacer, this.#next - first)
    }
    await inFlight
    this.#report(true)
    return this.#summary(topic)
  }

  /** Waits for the next moment to send in, unless more than a batch is due. */
  async #untilDue(pacer: Pacer, next: number): Promise<void> {
    const waitMs = pacer.waitMs(next, performance.now())
    if (waitMs > TICK_MS) await pause(waitMs - TICK_MS, this.#options.signal)
    if (pacer.due(performance.now()) < next + BATCH_RECORDS) await this.#outlet.tick()
  }

  #generate(buffers: OutputBuffers, partitions: number, end: number): number {
    const { source } = this.#options
    const from = this.#next
    const to = Math.min(end, from + BATCH_RECORDS)
    for (let i = from; i < to; i++) {
      const key = source.key(i)
      const value = source.json(i)
      buffers.append(source.topic.name, partitionOf(key, partitions), key, value)
      this.#bytes += key.length + Buffer.byteLength(value)
    }
    this.#next = Math.max(from, to)
    return this.#next - from
  }

  async #send(producer: IdempotentProducer, buffers: OutputBuffers, count: number): Promise<void> {
    const { signal, deliveryTimeoutMs = DELIVERY_TIMEOUT_MS, tracing } = this.#options
    const timestampMs = this.#recordTime()
    const sent = tracing?.sending(buffers)
    try {
      for (const round of buffers.rounds())
        await producer.send(
          timestampMs === undefined ? round : round.map((batch) => ({ ...batch, timestampMs })),
          () => (signal.aborted ? FLUSH_TIMEOUT_MS : deliveryTimeoutMs),
        )
      sent?.(undefined)
    } catch (error) {
      sent?.(error)
      throw error
    }
    buffers.clear()
    this.#spare.push(buffers)
    this.#acknowledged += count
    this.#report(false)
  }

  /**
   * The time of what is generated but not sent yet; undefined for now. A run that starts in the future, or is faster than its own clock, reaches
   * events that lie too far ahead of now for a worker: their records have the time of the last of them.
   */
  #recordTime(): number | undefined {
    const { source } = this.#options
    const time = source.topic.timeOf?.(source.event(this.#next - 1)) ?? 0
    return time - Date.now() > DEFAULT_MAX_AHEAD_MS / 2 ? time : undefined
  }

  /** Events in all: with a rate, a duration is a number of events, so that the same command writes the same bytes. */
  #limit(): number {
    const { count = Infinity, durationMs, rate } = this.#options
    return durationMs === undefined || rate === 'max' ? count : Math.min(count, Math.ceil((durationMs / 1000) * rate))
  }

  #over(): boolean {
    const { durationMs, rate } = this.#options
    return rate === 'max' && durationMs !== undefined && performance.now() - this.#startedAt >= durationMs
  }

  #report(last: boolean): void {
    const now = performance.now()
    if (!last && now - this.#reportedAt < PROGRESS_MS) return
    this.#reportedAt = now
    const { perSecond } = this.#summary('')
    this.#options.onProgress({
      sent: this.#next - (this.#options.from ?? 0),
      acknowledged: this.#acknowledged,
      perSecond,
    })
  }

  #summary(topic: string): ProduceSummary {
    const seconds = (performance.now() - this.#startedAt) / 1000
    const perSecond = Math.round(this.#acknowledged / Math.max(seconds, 0.001))
    return {
      topic,
      records: this.#acknowledged,
      bytes: this.#bytes,
      seconds: Math.round(seconds * 1000) / 1000,
      perSecond,
    }
  }
}
