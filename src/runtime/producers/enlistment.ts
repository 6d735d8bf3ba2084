import type { Connection } from '../../kafka/connection.ts'
import { codeOf } from '../../kafka/errors.ts'
import { byTopic, type TopicPartition } from '../../kafka/partitions.ts'
import { addOffsetsToTxn, addPartitionsToTxn, type ProducerIdentity } from '../../kafka/requests.ts'
import { needing } from '../../kafka/rights.ts'
import type { Broker } from '../../kafka/transport.ts'
import { afterMarkers } from './after-markers.ts'

/** TOPIC_AUTHORIZATION_FAILED, and OPERATION_NOT_ATTEMPTED for the others of the same request. */
const refusedTopic = new Set([29, 55])

/** Tells the coordinator what an open transaction writes to, where brokers do not tell it themselves: everything once. */
export class Enlistment {
  readonly #connection: Connection
  readonly #identity: ProducerIdentity
  readonly #partitions = new Set<string>()
  #group: string | undefined

  constructor(connection: Connection, identity: ProducerIdentity) {
    this.#connection = connection
    this.#identity = identity
  }

  async partitions(batches: readonly TopicPartition[]): Promise<void> {
    const added = byTopic(batches.filter(({ topic, partition }) => !this.#partitions.has(`${topic}/${partition}`)))
    if (added.size === 0) return
    const topics = [...added].map(([topic, partitions]) => ({ topic, partitions }))
    try {
      await this.#add(topics)
    } catch (error) {
      // One topic that is refused keeps the others from being tried: asked for alone, it says so.
      if (topics.length === 1 || !refusedTopic.has(codeOf(error) ?? 0)) throw error
      for (const topic of topics) await this.#add([topic])
    }
    for (const [topic, partitions] of added)
      for (const partition of partitions) this.#partitions.add(`${topic}/${partition}`)
  }

  /** `begun`: a request of the same transaction that is under way and is tried again until the last one's markers are written. */
  async group(groupId: string, begun?: Promise<void>): Promise<void> {
    if (this.#group === groupId) return
    await afterMarkers(async () => {
      await addOffsetsToTxn(await this.#coordinator(), { ...this.#identity, groupId })
    }, begun)
    this.#group = groupId
  }

  /** The transaction has ended. */
  clear(): void {
    this.#partitions.clear()
    this.#group = undefined
  }

  async #add(topics: readonly { topic: string; partitions: readonly number[] }[]): Promise<void> {
    const right = { operation: 'Write', resource: 'topic', names: topics.map(({ topic }) => topic) } as const
    await needing([right], () =>
      afterMarkers(async () => {
        await addPartitionsToTxn(await this.#coordinator(), { ...this.#identity, topics })
      }),
    )
  }

  #coordinator(): Promise<Broker> {
    return this.#connection.coordinator('transaction', this.#identity.transactionalId)
  }
}
