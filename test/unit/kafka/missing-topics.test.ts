import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../../src/kafka/client.ts'
import { topicsWith } from '../../../src/kafka/missing-topics.ts'

/** A cluster whose broker shows `shown(n)` the n-th time it is asked, and whose controller knows `known`. */
function cluster(shown: (asked: number) => string[], known: string[]): Client {
  let asked = 0
  const metadata = (): Promise<unknown> =>
    Promise.resolve({ topicMetadata: shown(++asked).map((topic) => ({ topic, topicErrorCode: 0 })) })
  const createTopics = ({ topics }: { topics: { topic: string }[] }): Promise<boolean> => {
    const held = topics.filter(({ topic }) => known.includes(topic))
    if (held.length === 0) return Promise.resolve(true)
    const errors = held.map(({ topic }) => Object.assign(new Error(topic), { topic, type: 'TOPIC_ALREADY_EXISTS' }))
    return Promise.reject(new kafkajs.KafkaJSAggregateError('Topic creation errors', errors as never))
  }
  const shared = { metadata, partitions: () => Promise.resolve(0) }
  return { shared, admin: () => Promise.resolve({ createTopics }) } as unknown as Client
}

describe('the topics that a broker shows', () => {
  it('are asked for again while the controller knows one that is wanted: the broker has just started', async () => {
    const starting = cluster((asked) => [[], [], ['orders'], ['orders', 'payments']][Math.min(asked - 1, 3)]!, ['orders', 'payments']) // prettier-ignore
    expect(await topicsWith(starting, ['orders', 'payments'])).toEqual(new Set(['orders', 'payments']))
  })

  it('are believed when the controller would create what is missing', async () => {
    expect(
      await topicsWith(
        cluster(() => ['other'], ['other']),
        ['orders'],
      ),
    ).toEqual(new Set(['other']))
  })

  it('are no longer asked for once the signal is aborted', async () => {
    const signal = AbortSignal.abort(new Error('stopped'))
    await expect(
      topicsWith(
        cluster(() => [], ['orders']),
        ['orders'],
        signal,
      ),
    ).rejects.toThrow(/abort|stopped/)
  })
})
