import { expect, test, vi } from 'vitest'
import { messageOf } from '../../src/errors.ts'
import { leftThrottle } from '../../src/app/placement/reassign.ts'
import { ongoingReassignments } from '../../src/kafka/reassignment.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { withAdmin } from '../support/admin.ts'
import { ownBroker } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, isolated, start } from '../support/isolated.ts'
import { producing } from '../support/producing.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

// three brokers that start, one of them twice, on a machine that may be busy
vi.setConfig({ testTimeout: 240_000 })

const ORDERS = 20_000
const noThrottle = { brokers: [], topics: [] }

test('partitions go from one broker to three under load, exactly once, and are led as wanted even after a restart', async () => {
  const { brokers: addresses, infra } = await ownBroker(3)
  const own = client(addresses)
  const payflow = (...words: readonly string[]) => command(words, { brokers: addresses })
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!, { addresses })
  const orders = topicOf('orders')
  const placed = async (topics: readonly string[]) => {
    const { topicMetadata } = await own.shared.metadata(topics)
    return topicMetadata.flatMap(({ partitionMetadata }) => partitionMetadata)
  }
  // one copy of each, where brokers want two
  expect((await payflow('topics', 'configure', orders, output, 'min.insync.replicas=1', '--yes')).exitCode).toBe(0)
  const gather = await payflow('topics', 'reassign', orders, output, '--to-brokers', '0', '--yes')
  expect(gather.exitCode).toBe(0)
  expect((await placed([orders, output])).map(({ replicas }) => replicas)).toEqual(Array.from({ length: 6 }, () => [0]))

  // the preview moves nothing, and a stranger's cluster is asked about
  const preview = await payflow(
    'topics',
    'reassign',
    orders,
    output,
    '--replication-factor',
    '3',
    '--dry-run',
    '--json',
  )
  const { moves } = preview.documents()[0] as { moves: { to: number[]; bytes: number | null }[] }
  expect(moves).toHaveLength(6)
  expect(moves.every(({ bytes }) => bytes !== null)).toBe(true)
  expect((await payflow('topics', 'reassign', orders, '--replication-factor', '3')).stderr).toContain('add --yes')

  const { done: produced } = producing(orders, { client: { brokers: addresses }, count: ORDERS, rate: 4_000 })
  const running = start([worker], { client: { brokers: addresses }, replicationFactor: 3 })
  await eventually(async () => {
    const [described] = (await payflow('topics', 'describe', output, '--json')).documents()[0] as unknown as { partitions: { end: number }[] }[] // prettier-ignore
    expect(described!.partitions.reduce((sum, { end }) => sum + end, 0)).toBeGreaterThan(500)
  })
  const spread = await payflow('topics', 'reassign', orders, output, '--replication-factor', '3', '--throttle', '20MB', '--yes') // prettier-ignore
  expect([spread.exitCode, spread.stderr]).toEqual([0, expect.stringContaining('6 of 6 partitions moved')])
  expect(await leftThrottle(own)).toEqual(noThrottle)
  for (const { leader, replicas } of await placed([orders, output])) {
    expect([...replicas].sort()).toEqual([0, 1, 2])
    expect(leader).toBe(replicas[0])
  }
  await produced
  await eventually(async () => {
    const { documents } = await payflow('groups', 'describe', `payflow-${worker.name}`, '--json')
    expect(documents()[0]).toMatchObject({ partitions: expect.not.arrayContaining([expect.objectContaining({ committed: null, topic: orders })]) as unknown }) // prettier-ignore
    const read = (documents()[0]!['partitions'] as { topic: string; lag: number }[]).filter(({ topic }) => topic === orders) // prettier-ignore
    expect(read.map(({ lag }) => lag)).toEqual([0, 0, 0])
  })
  running.stop()
  await running.done
  await expectExactRevenue(addresses, output, ORDERS)

  // a broker that was away leads nothing until it is asked to
  await infra.faults.stop('kafka-1')
  await eventually(async () => expect((await placed([orders])).every(({ leader }) => leader !== 1)).toBe(true))
  await infra.up(() => undefined)
  await eventually(async () => expect((await placed([orders])).every(({ isr }) => isr.length === 3)).toBe(true))
  const doctor = await payflow('doctor', '--json')
  const { findings } = doctor.documents()[0] as { findings: { what: string; hint: string }[] }
  expect(findings).toContainEqual(expect.objectContaining({ what: expect.stringMatching(/^Topics are missing: orders, payments/) as string, hint: 'create what is missing with `payflow topics create`' })) // prettier-ignore
  expect(findings).toContainEqual(
    expect.objectContaining({ what: expect.stringMatching(/^Another than the preferred replica leads/) as string, hint: expect.stringMatching(new RegExp(`payflow topics elect-leaders .*${orders}`)) as string }), // prettier-ignore
  )
  expect((await payflow('topics', 'elect-leaders', orders, output, '--dry-run')).stdout).toMatch(/would be/)
  const elected = await payflow('topics', 'elect-leaders', orders, output, '--yes')
  expect([elected.exitCode, elected.stderr]).toEqual([0, ''])
  await eventually(async () => expect((await placed([orders, output])).every(({ leader, replicas }) => leader === replicas[0])).toBe(true)) // prettier-ignore
  expect((await payflow('topics', 'elect-leaders', orders, output, '--yes')).stdout).toContain('no partition can get')

  // what is interrupted goes back, and leaves no throttle
  const large = topicOf('orders').replace('orders', 'large')
  await withAdmin(addresses, (admin) => admin.createTopics({ topics: [{ topic: large, replicaAssignment: [{ partition: 0, replicas: [0] }] }] })) // prettier-ignore
  const value = 'x'.repeat(100_000)
  for (let i = 0; i < 5; i++) await writeAll(addresses, large, Array.from({ length: 9 }, () => ({ key: null, value }))) // prettier-ignore
  const interrupt = new AbortController()
  const moving = command(['topics', 'reassign', large, '--to-brokers', '1', '--throttle', '50kB', '--yes'], { brokers: addresses, signal: interrupt.signal }) // prettier-ignore
  const ended = moving.then(
    () => 'not interrupted',
    (error: unknown) => messageOf(error),
  )
  await eventually(async () => expect(await ongoingReassignments(own.shared)).toHaveLength(1))
  expect((await leftThrottle(own)).topics).toEqual([large])
  expect((await payflow('topics', 'reassign', large, '--to-brokers', '2', '--yes')).stderr).toContain('is being moved already') // prettier-ignore
  interrupt.abort()
  expect(await ended).toContain('abort')
  expect(await ongoingReassignments(own.shared)).toEqual([])
  await eventually(async () => expect(await leftThrottle(own)).toEqual(noThrottle)) // a broker hears of it from ZooKeeper
  expect((await placed([large]))[0]!.replicas).toEqual([0])

  // partitions leave a broker that is away, with a throttle too; one that it alone held is not waited for
  const lost = large.replace('large', 'lost')
  await withAdmin(addresses, (admin) => admin.createTopics({ topics: [{ topic: lost, replicaAssignment: [{ partition: 0, replicas: [1] }] }] })) // prettier-ignore
  await infra.faults.kill('kafka-1')
  await eventually(async () => expect((await placed([orders, lost])).filter(({ leader }) => leader === 1)).toEqual([]), { timeoutMs: 60_000 }) // prettier-ignore
  expect(await payflow('topics', 'reassign', lost, '--to-brokers', '0', '--throttle', '1MB', '--yes')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining(`${lost}/0 has no leader: there is nothing to copy it from`) as unknown,
  })
  const left = await payflow('topics', 'reassign', orders, '--to-brokers', '0,2', '--replication-factor', '2', '--throttle', '20MB', '--yes') // prettier-ignore
  expect(left.exitCode).toBe(0)
  await eventually(async () => expect(await leftThrottle(own)).toEqual(noThrottle))
  for (const { replicas } of await placed([orders])) expect([...replicas].sort()).toEqual([0, 2])
})
