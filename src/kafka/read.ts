import { setTimeout as sleep } from 'node:timers/promises'
import { PartitionError, classify } from './errors.ts'
import type { Connection } from './connection.ts'
import { fetch } from './fetch.ts'
import type { FetchedPartition } from './records.ts'

export interface ReadOptions {
  readonly topic: string
  readonly partition: number
  /** First offset to read. */
  readonly from: number
  /** Where to stop: a position, not a record. What lies below it is read to its end, however the log ends there. */
  readonly to: number
  readonly isolation?: 'read_committed' | 'read_uncommitted'
  readonly maxBytes?: number
  readonly signal?: AbortSignal | undefined
  /** How long a failing broker is asked again, in ms. */
  readonly patienceMs?: number
}

/** One partition, without a consumer group: what is fetched, as it comes, until `to` is reached. */
export async function* readPartition(connection: Connection, options: ReadOptions): AsyncGenerator<FetchedPartition> {
  const {
    topic,
    partition,
    to,
    isolation = 'read_committed',
    maxBytes = 4 << 20,
    signal,
    patienceMs = 30_000,
  } = options
  let offset = options.from
  let failingSince = 0
  while (offset < to) {
    signal?.throwIfAborted()
    let fetched: FetchedPartition | undefined
    try {
      const leader = await connection.leader(topic, partition)
      ;[fetched] = await fetch(connection, leader, {
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes,
        isolation,
        partitions: [{ topic, partition, offset, maxBytes }],
      })
      if (!fetched) throw new Error(`the broker left ${topic}/${partition} out of its answer`)
      if (fetched.errorCode !== 0) throw new PartitionError('Fetch', topic, partition, fetched.errorCode)
      if (fetched.unreadable) throw fetched.unreadable
      failingSince = 0
    } catch (error) {
      await connection.forget(error)
      failingSince ||= performance.now()
      if (classify(error) !== 'retriable' || performance.now() - failingSince > patienceMs) throw error
      await sleep(100, undefined, signal ? { signal } : {})
      continue
    }
    if (fetched.records.nextOffset > offset) {
      offset = fetched.records.nextOffset
      yield fetched
    }
  }
}
