import { describe, expect, it } from 'vitest'
import { namesRefusedAsExisting } from '../../../src/kafka/held-names.ts'

/** As the controller answers a CreateTopics of which single topics failed. */
const failed = (...answers: (readonly [topic: string, errorCode: number])[]) =>
  answers.map(([topic, errorCode]) => ({ topic, errorCode, message: '' }))

const [CREATED, TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED] = [0, 29, 31]
const [TOPIC_ALREADY_EXISTS, POLICY_VIOLATION, THROTTLING_QUOTA_EXCEEDED] = [36, 44, 89]

describe('a topic whose creation is refused', () => {
  it('is held while it exists, or while the controller throttles', () => {
    const answers = failed(['a', TOPIC_ALREADY_EXISTS], ['b', POLICY_VIOLATION], ['c', THROTTLING_QUOTA_EXCEEDED], ['d', CREATED]) // prettier-ignore
    expect(namesRefusedAsExisting(answers)).toEqual(['a', 'c'])
  })

  it('is not waited for where the right to create it is missing', () => {
    expect(namesRefusedAsExisting(failed(['a', TOPIC_AUTHORIZATION_FAILED]))).toEqual([])
    expect(namesRefusedAsExisting(failed(['a', CLUSTER_AUTHORIZATION_FAILED]))).toEqual([])
  })
})
