import { setTimeout as sleep } from 'node:timers/promises'
import { asError, PayflowError } from '../../errors.ts'
import { PartitionError, classify } from '../../kafka/errors.ts'
import type { Connection } from '../../kafka/connection.ts'
import { fetch } from '../../kafka/fetch.ts'
import type { Broker } from '../../kafka/transport.ts'
import type { FetchedPartition } from '../../kafka/records.ts'
import { byLeader } from '../../kafka/partitions.ts'
import { flowAfter, waitMs, type Flow } from './fetch-wait.ts'

/** A partition that a task reads. The fetcher asks for it as long as `wants` says so. */
export interface Source {
  readonly topic: string
  readonly partition: number
  /** Whose offsets they are; undefined where the broker gives topics no ids. */
  readonly topicId?: string | undefined
  /** The next offset to fetch; the fetcher never moves it. */
  readonly position: number
  /** It has more than was fetched, as far as is known. */
  readonly isBehind: boolean
  readonly wants: () => boolean
  readonly deliver: (fetched: FetchedPartition) => void
  /** The position cannot be read any more: an error, never a silent jump. */
  readonly fail: (error: Error) => void
}

export interface FetcherOptions {
  readonly connection: Connection
  /** Latency against requests and transactions at low rates, in ms (`waitMs`). */
  readonly lingerMs: number
  readonly maxBytesPerPartition: number
  /** A request that is repeated; `source` where it is that one's alone. */
  readonly onFailure?: (error: unknown, source?: Source) => void
  /** A broker has answered for it. */
  readonly onAnswer?: (source: Source) => void
}

/** After this many empty answers in a row a broker is asked to wait longer for the next record. */
const EMPTY_UNTIL_QUIET = 10
/** What a partition that is added meanwhile may have to wait for; two requests a second instead of 25. */
const QUIET_WAIT_MS = 500

interface Pace {
  readonly flow: Flow | undefined
  readonly answeredAt: number
  readonly notBefore: number
}

/**
 * Fetches for all tasks of one worker: one request at a time to each broker, over the partitions that want data.
 * Tasks go on working while it fetches; a task that has enough buffered is left out, and holds up no other.
 * It is here that more records are waited for, not at the broker: a broker that is to wait for so many bytes looks at all partitions of the
 * request whenever one of them is written to, and reads twice what was there from the beginning.
 */
export class Fetcher {
  readonly #options: FetcherOptions
  readonly #sources = new Set<Source>()
  readonly #busy = new Set<number>()
  readonly #emptyAnswers = new Map<number, number>()
  /** By broker: how records come, when it last answered, and when it is asked again unless it is known to have more. */
  readonly #paces = new Map<number, Pace>()
  readonly #closed = new AbortController()
  /** Sources that could not be read together with others: each is asked for alone, to find out whose records they are. */
  readonly #suspects = new Set<Source>()
  #failures = 0
  #scheduled = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  add(source: Source): void {
    this.#sources.add(source)
    this.#emptyAnswers.clear()
    this.wake()
  }

  remove(source: Source): void {
    this.#sources.delete(source)
    this.#suspects.delete(source)
  }

  /** Looks again at what is wanted; to be called when a source begins to want. */
  wake(): void {
    if (this.#scheduled || this.#closed.signal.aborted) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#dispatch()
    })
  }

  close(): void {
    this.#closed.abort()
    clearTimeout(this.#timer)
    this.#sources.clear()
  }

  async #dispatch(): Promise<void> {
    const wanting = [...this.#sources].filter((source) => source.wants())
    // One that does not want may do so again at any time, and is not to wait for a quiet broker then.
    if (wanting.length < this.#sources.size) this.#emptyAnswers.clear()
    const leaders = await byLeader(this.#options.connection, wanting, async (error, source) => {
      if (classify(error) === 'fatal') source.fail(asError(error))
      else await this.#failed(error, { source })
    })
    let soonestMs = Infinity
    for (const [broker, sources] of leaders) {
      const { nodeId } = broker
      if (this.#busy.has(nodeId) || this.#closed.signal.aborted) continue
      const leftMs = this.#leftMs(nodeId, sources)
      soonestMs = Math.min(soonestMs, leftMs > 0 ? leftMs : Infinity)
      if (leftMs > 0) continue
      this.#busy.add(nodeId)
      const suspect = sources.find((source) => this.#suspects.has(source))
      const wanted = suspect ? [suspect] : sources
      void this.#fetch(broker, wanted)
        .catch((error: unknown) => this.#fetchFailed(error, broker, wanted))
        .finally(() => {
          this.#busy.delete(nodeId)
          this.wake()
        })
    }
    clearTimeout(this.#timer)
    // a timer drops fractions of a millisecond: it would come too early, and once more
    if (soonestMs < Infinity) this.#timer = setTimeout(() => this.wake(), Math.ceil(soonestMs))
  }

  /** How long more records are waited for before this broker is asked again. */
  #leftMs(nodeId: number, sources: readonly Source[]): number {
    if (sources.some((source) => source.isBehind)) return 0
    return (this.#paces.get(nodeId)?.notBefore ?? 0) - performance.now()
  }

  async #fetch(broker: Broker, sources: readonly Source[]): Promise<void> {
    const { connection, lingerMs, maxBytesPerPartition } = this.#options
    const asked = new Map(
      sources.map((source) => [`${source.topic}/${source.partition}`, { source, offset: source.position }]),
    )
    const quiet = this.#emptyOf(broker) >= EMPTY_UNTIL_QUIET
    const askedAt = performance.now()
    const before = this.#paces.get(broker.nodeId)
    const fetched = await fetch(connection, broker, {
      maxWaitMs: quiet ? Math.max(lingerMs, QUIET_WAIT_MS) : waitMs(before?.flow, lingerMs),
      minBytes: 1,
      maxBytes: 32 << 20,
      isolation: 'read_committed',
      partitions: [...asked.values()].map(({ source: { topic, topicId, partition }, offset }) => ({ topic, topicId, partition, offset, maxBytes: maxBytesPerPartition })), // prettier-ignore
    })
    this.#failures = 0
    const answeredAt = performance.now()
    const elapsedMs = answeredAt - (before?.answeredAt ?? askedAt - lingerMs)
    const flow = flowAfter(before?.flow, { ...countOf(fetched), elapsedMs })
    let nothing = true
    for (const part of fetched) {
      const request = asked.get(`${part.topic}/${part.partition}`)
      nothing &&= part.errorCode === 0 && part.records.nextOffset === request?.offset
      // A source that was removed or moved while the request was under way gets nothing of it.
      if (!request || !this.#sources.has(request.source) || request.source.position !== request.offset) continue
      if (part.unreadable) request.source.fail(part.unreadable)
      else if (part.errorCode === 0) {
        this.#suspects.delete(request.source)
        this.#options.onAnswer?.(request.source)
        this.#deliver(request.source, part)
      } else
        await this.#partitionFailed(
          request.source,
          new PartitionError('Fetch', part.topic, part.partition, part.errorCode),
        )
    }
    this.#emptyAnswers.set(broker.nodeId, nothing ? this.#emptyOf(broker) + 1 : 0)
    // the broker has waited for the first record itself
    this.#paces.set(broker.nodeId, { flow, answeredAt, notBefore: nothing ? 0 : answeredAt + waitMs(flow, lingerMs) })
  }

  /** Who got something goes to the end: a broker fills its answer in the order asked, and only what comes first may be larger than the limit. */
  #deliver(source: Source, part: FetchedPartition): void {
    if (part.records.nextOffset > source.position && this.#sources.delete(source)) this.#sources.add(source)
    source.deliver(part)
  }

  #emptyOf({ nodeId }: Broker): number {
    return this.#emptyAnswers.get(nodeId) ?? 0
  }

  /** An answer that cannot be read will be the same next time: alone in a request, it names its partition and ends its reader. */
  async #fetchFailed(error: unknown, broker: Broker, sources: readonly Source[]): Promise<void> {
    if (classify(error) !== 'fatal') return this.#failed(error, { broker })
    const [first] = sources
    if (first && sources.length === 1) first.fail(unreadable(first, error))
    else for (const source of sources) this.#suspects.add(source)
    await this.#failed(error, { broker })
  }

  async #partitionFailed(source: Source, error: PartitionError): Promise<void> {
    if (classify(error) === 'retriable') await this.#failed(error, { source })
    else source.fail(error)
  }

  async #failed(error: unknown, { broker, source }: { broker?: Broker; source?: Source }): Promise<void> {
    if (this.#closed.signal.aborted) return
    this.#options.onFailure?.(error, source)
    await this.#options.connection.forget(error, broker)
    this.#failures++
    await sleep(Math.min(50 * 2 ** Math.min(this.#failures, 5), 1_000), undefined, {
      signal: this.#closed.signal,
    }).catch(() => undefined)
    this.wake()
  }
}

function countOf(fetched: readonly FetchedPartition[]): { records: number; partitions: number } {
  let [records, partitions] = [0, 0]
  for (const { records: set } of fetched) {
    records += set.count
    if (set.count > 0) partitions++
  }
  return { records, partitions }
}

/** What a broker answered, or what is a bug, stays as it is. */
function unreadable({ topic, partition, position }: Source, error: unknown): Error {
  if (!(error instanceof PayflowError)) return asError(error)
  return new PayflowError(
    error.code,
    `${topic}/${partition} cannot be read from offset ${position} on: ${error.message}`,
    {
      kind: 'failed',
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    },
  )
}
