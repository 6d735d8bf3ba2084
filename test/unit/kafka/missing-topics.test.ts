import { describe, expect, it } from 'vitest'
import type { Client } from '../../../src/kafka/client.ts'
import type { Exchange } from '../../../src/kafka/exchange.ts'
import { topicsWith } from '../../../src/kafka/missing-topics.ts'

const TOPIC_ALREADY_EXISTS = 36

/** A cluster whose broker shows `shown(n)` the n-th time it is asked, and whose controller knows `known`. */
function cluster(shown: (asked: number) => string[], known: string[]): Client {
  let asked = 0
  const metadata = (): Promise<unknown> =>
    Promise.resolve({
      topicMetadata: shown(++asked).map((topic) => ({ topic, topicErrorCode: 0, partitionMetadata: [{}, {}] })),
    })
  /** Answers CreateTopics. */
  const send = async (_: unknown, { request }: Exchange<unknown>): Promise<unknown> => {
    const { buffer } = await request.encode()
    const bytes = Buffer.alloc(buffer.length)
    buffer.copy(bytes, 0)
    const held = known.filter((topic) => bytes.includes(topic))
    return held.map((topic) => ({ topic, errorCode: TOPIC_ALREADY_EXISTS, message: '' }))
  }
  const controller = { address: 'kafka:9092', versions: { 19: { minVersion: 0, maxVersion: 7 } } }
  const shared = { metadata, send, partitions: () => Promise.resolve(0), broker: () => Promise.resolve(controller) }
  return { shared } as unknown as Client
}

describe('the topics that a broker shows', () => {
  it('are asked for again while the controller knows one that is wanted: the broker has just started', async () => {
    const starting = cluster((asked) => [[], [], ['orders'], ['orders', 'payments']][Math.min(asked - 1, 3)]!, ['orders', 'payments']) // prettier-ignore
    expect(await topicsWith(starting, ['orders', 'payments'])).toEqual(new Map([['orders', 2], ['payments', 2]])) // prettier-ignore
  })

  it('are believed when the controller would create what is missing', async () => {
    expect(
      await topicsWith(
        cluster(() => ['other'], ['other']),
        ['orders'],
      ),
    ).toEqual(new Map([['other', 2]]))
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
