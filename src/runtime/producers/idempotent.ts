import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../../errors.ts'
import { PartitionError, classify } from '../../kafka/errors.ts'
import type { PartitionRecords } from '../../kafka/output-buffers.ts'
import type { Connection } from '../../kafka/connection.ts'
import { retrying } from '../../kafka/retry.ts'
import type { Broker } from '../../kafka/transport.ts'
import type { Compression } from '../../kafka/compression.ts'
import { produce } from '../../kafka/produce.ts'
import { needing } from '../../kafka/rights.ts'
import { initProducerId } from '../../kafka/requests.ts'
import type { ProduceResult } from '../../kafka/records.ts'
import { byLeader } from '../../kafka/partitions.ts'

/** How long brokers may be away before a producer gives up, even at its start, in ms. */
export const DELIVERY_TIMEOUT_MS = 120_000
/** After Ctrl-C, brokers that are away are not waited for that long. */
export const FLUSH_TIMEOUT_MS = 5_000

const DUPLICATE_SEQUENCE = 46

interface Pending extends PartitionRecords {
  readonly baseSequence: number
}

/** Of one producer: more than that is a request of its own. */
const TOGETHER_BYTES = 256 << 10

interface Gathered {
  readonly batches: Pending[]
  readonly answer: Promise<ProduceResult[]>
}

/** Who may write any topic may do this, too, from Kafka 2.8 on (KIP-679). */
const idempotentWrite = { operation: 'IdempotentWrite', resource: 'cluster', names: [] } as const

/**
 * Writes with acks=all under one producer id. A batch whose answer was lost is sent again with the same sequence numbers until it is
 * acknowledged: the broker knows it by them, so nothing is written twice and nothing is passed over. One batch a partition is under way.
 */
export class IdempotentProducer {
  readonly #connection: Connection
  readonly #producerId: string
  readonly #producerEpoch: number
  readonly #compression: Compression
  readonly #sequences = new Map<string, number>()
  /** By broker: what goes with the next request. */
  readonly #gathered = new Map<number, Gathered>()

  private constructor(
    connection: Connection,
    id: { producerId: string; producerEpoch: number },
    compression: Compression,
  ) {
    this.#connection = connection
    this.#compression = compression
    this.#producerId = id.producerId
    this.#producerEpoch = id.producerEpoch
  }

  static async open(
    connection: Connection,
    {
      patienceMs,
      signal,
      compression = 'none',
    }: { patienceMs: number; signal?: AbortSignal; compression?: Compression | undefined },
  ): Promise<IdempotentProducer> {
    const id = await retrying(
      async () => {
        try {
          const broker = await connection.any()
          return await needing([idempotentWrite], () => initProducerId(broker, { transactionTimeout: 60_000 }))
        } catch (error) {
          await connection.forget(error)
          throw error
        }
      },
      { timeoutMs: patienceMs, signal },
    )
    return new IdempotentProducer(connection, id, compression)
  }

  /** Returns when all of it is acknowledged. @throws PayflowError when it is not within `patienceMs`, or can never be. */
  async send(batches: readonly PartitionRecords[], patienceMs: () => number): Promise<void> {
    const started = performance.now()
    let left = batches.map((batch): Pending => ({ ...batch, baseSequence: this.#sequences.get(keyOf(batch)) ?? 0 }))
    for (let delayMs = 20; ; delayMs = Math.min(delayMs * 2, 500)) {
      const { failed, error } = await this.#attempt(left)
      if (failed.length === 0) break
      left = failed
      if (classify(error) !== 'retriable') throw refused(error)
      if (performance.now() - started > patienceMs()) throw notAcknowledged(left, error)
      await this.#connection.forget(error)
      await sleep(delayMs)
    }
    for (const batch of batches)
      this.#sequences.set(keyOf(batch), ((this.#sequences.get(keyOf(batch)) ?? 0) + batch.records.count) % 0x8000_0000)
  }

  async #attempt(batches: readonly Pending[]): Promise<{ failed: Pending[]; error: unknown }> {
    const failed: Pending[] = []
    let error: unknown
    const leaders = await byLeader(this.#connection, batches, (reason, batch) => {
      failed.push(batch)
      error = reason
    })
    await Promise.all(
      [...leaders].map(async ([broker, mine]) => {
        try {
          for (const { topic, partition, errorCode } of await this.#produce(broker, mine)) {
            if (errorCode === 0 || errorCode === DUPLICATE_SEQUENCE) continue
            const own = mine.find((batch) => batch.topic === topic && batch.partition === partition)
            if (!own) continue
            failed.push(own)
            error = new PartitionError('Produce', topic, partition, errorCode)
          }
        } catch (reason) {
          failed.push(...mine)
          error = reason
        }
      }),
    )
    return { failed, error }
  }

  /** What several producers send a broker in the same moment goes in one request, unless it is much. Returns the results of all of it. */
  #produce(broker: Broker, batches: readonly Pending[]): Promise<ProduceResult[]> {
    if (batches.reduce((sum, { records }) => sum + records.byteLength, 0) > TOGETHER_BYTES) return this.#request(broker, batches) // prettier-ignore
    const gathered = this.#gathered.get(broker.nodeId)
    if (gathered) {
      gathered.batches.push(...batches)
      return gathered.answer
    }
    const all = [...batches]
    const answer = tick().then(() => {
      this.#gathered.delete(broker.nodeId)
      return this.#request(broker, all)
    })
    this.#gathered.set(broker.nodeId, { batches: all, answer })
    return answer
  }

  #request(broker: Broker, batches: readonly Pending[]): Promise<ProduceResult[]> {
    const { producerId, producerEpoch } = { producerId: this.#producerId, producerEpoch: this.#producerEpoch }
    return produce(this.#connection, broker, { transactionalId: null, producerId, producerEpoch, acks: -1, timeoutMs: 10_000, compression: this.#compression, batches }) // prettier-ignore
  }
}

const keyOf = ({ topic, partition }: PartitionRecords): string => `${topic}/${partition}`

const refused = (error: unknown): PayflowError =>
  new PayflowError('REFUSED', `The broker refuses what is produced: ${messageOf(error)}`, {
    kind: 'failed',
    hint: 'was the topic deleted or changed meanwhile? Look with `payflow topics describe`, then start the producer again',
    cause: error,
  })

const notAcknowledged = (left: readonly Pending[], error: unknown): PayflowError =>
  new PayflowError('NOT_ACKNOWLEDGED', `${left.reduce((sum, { records }) => sum + records.count, 0)} records were sent and never acknowledged (${messageOf(error)})`, {
    kind: 'infra',
    hint: 'all before them are written, once each; bring the brokers back (`payflow infra status`) and produce on',
    cause: error,
  }) // prettier-ignore
