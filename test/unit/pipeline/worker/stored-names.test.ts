import { describe, expect, it } from 'vitest'
import { groupOf, inboxTopic, stateTopic, workerOfGroup, workerOfStateTopic } from '../../../../src/pipeline/events/topics.ts' // prettier-ignore
import { storedName } from '../../../../src/pipeline/worker/several-states.ts'

describe('of a worker whose definition is not known', () => {
  it('a changelog and a group say its name, and nothing else does', () => {
    expect([workerOfStateTopic(stateTopic('my-sums')), workerOfGroup(groupOf('my-sums'))]).toEqual(['my-sums', 'my-sums']) // prettier-ignore
    expect([workerOfStateTopic(inboxTopic('my-sums')), workerOfStateTopic('my-state'), workerOfGroup('others')]).toEqual([undefined, undefined, undefined]) // prettier-ignore
  })

  it('one of several states is known by its value, and a key that only looks like it is left as it is', () => {
    expect(storedName('carts/a/b', '{"of":"carts","value":1}')).toEqual({ name: 'carts', key: 'a/b' })
    expect(storedName('carts/a', '{"cents":1}')).toEqual({ name: '', key: 'carts/a' })
    expect(storedName('a', '7')).toEqual({ name: '', key: 'a' })
  })
})
