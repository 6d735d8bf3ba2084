import { onTestFinished } from 'vitest'
import { groupOf } from '../../src/pipeline/events/topics.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { Membership, type Assigned } from '../../src/runtime/group/membership.ts'
import { client } from './isolated.ts'
import { eventually } from './wait.ts'

/** A member of a worker's group that does nothing with what it is given. Resolves when it has been given partitions. */
export async function memberOf(
  worker: AnyWorker,
  partitions: number,
): Promise<{ assigned: Assigned; latest: () => Assigned; leave: () => Promise<void> }> {
  const ended = new AbortController()
  const given: Assigned[] = []
  const membership = new Membership({
    connection: client().connect(),
    groupId: groupOf(worker.name),
    topics: Object.values(worker.inputs).map(({ name }) => name),
    partitions,
    sessionTimeoutMs: 6_000,
    heartbeatMs: 100,
    onAssigned: (assigned) => given.push(assigned),
  })
  const done = membership.run(ended.signal, () => Promise.resolve())
  const leave = async (): Promise<void> => {
    ended.abort()
    await done
  }
  onTestFinished(leave)
  const assigned = await eventually(() => {
    const last = given.at(-1)
    if (!last?.partitions.length) throw new Error('not assigned yet')
    return last
  })
  return { assigned, latest: () => given.at(-1)!, leave }
}
