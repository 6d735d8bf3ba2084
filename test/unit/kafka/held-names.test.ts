import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { namesRefusedAsExisting } from '../../../src/kafka/held-names.ts'

/** As kafkajs throws it for a CreateTopics of which single topics failed. */
const failed = (...errors: (readonly [topic: string, type: string])[]): Error =>
  new kafkajs.KafkaJSAggregateError(
    'Topic creation errors',
    errors.map(([topic, type]) => Object.assign(new Error(type), { topic, type })),
  )

describe('a topic whose creation is refused', () => {
  it('is held while it exists, or while the controller throttles', () => {
    const error = failed(['a', 'TOPIC_ALREADY_EXISTS'], ['b', 'POLICY_VIOLATION'], ['c', 'THROTTLING_QUOTA_EXCEEDED'])
    expect(namesRefusedAsExisting(error)).toEqual(['a', 'c'])
  })

  it('is not waited for where the right to create it is missing', () => {
    expect(namesRefusedAsExisting(failed(['a', 'TOPIC_AUTHORIZATION_FAILED']))).toEqual([])
    expect(namesRefusedAsExisting(failed(['a', 'CLUSTER_AUTHORIZATION_FAILED']))).toEqual([])
  })

  it('is an error where it is not about single topics', () => {
    const error = new Error('Broker not connected')
    expect(() => namesRefusedAsExisting(error)).toThrow(error)
  })
})
