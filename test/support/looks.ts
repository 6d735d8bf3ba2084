import type { Sample } from '../../src/app/monitor/monitor.ts'
import type { PartitionView, WorkerView } from '../../src/app/monitor/model.ts'
import type { Overview } from '../../src/app/monitor/observer.ts'
import type { Look } from '../../src/app/monitor/views.ts'
import { shownOf, type Shown } from '../../src/app/overview/follow.ts'

/** A cluster of nothing. */
export const noCluster: Sample['cluster'] = { clientSideThrottleTime: 0, brokers: [], clusterId: 'test', controllerId: 1, topicMetadata: [] } // prettier-ignore

/** Topics of one replica, with the leader of each partition; -1: none. */
export const clusterOf = (leaders: Readonly<Record<string, readonly number[]>>): Sample['cluster'] => ({
  ...noCluster,
  brokers: [{ nodeId: 1, host: '127.0.0.1', port: 9092, rack: null }],
  topicMetadata: Object.entries(leaders).map(([topic, of]) => ({
    ...{ topic, topicErrorCode: 0, id: undefined, isInternal: false },
    partitionMetadata: of.map((leader, partitionId) => {
      return { partitionErrorCode: 0, partitionId, leader, replicas: [1], isr: leader < 0 ? [] : [1], offlineReplicas: [] } // prettier-ignore
    }),
  })),
})

export const sampleOf = (facts: Partial<Sample> = {}): Sample => ({
  ...{ atMs: 0, topics: [], workers: [], lags: [], cluster: noCluster, customs: [], unknown: [] },
  ...facts,
})

export const lookOf = (facts: Partial<Look> = {}): Look => ({
  ...{ sample: sampleOf(), processes: [], atMs: 0, read: 1 },
  ...facts,
})

export const partitionView = (facts: Partial<PartitionView> = {}): PartitionView => ({
  ...{ topic: 'orders', partition: 0, lag: 0, lagSeconds: 0, leader: 1, committed: 0, end: 0 },
  ...facts,
})

export const workerView = (facts: Partial<WorkerView> = {}): WorkerView => ({
  ...{
    worker: 'a',
    inputs: ['orders'],
    output: 'large_orders',
    custom: false,
    running: true,
    state: 'Stable',
    members: 1,
  },
  ...{ lag: 0, unknownPartitions: 0, lagSeconds: 0, undecided: 0, trend: 'steady', secondsToEmpty: null },
  ...{ perSecond: 50, skew: null, partitions: [], processes: [], tasks: [], restarts: null },
  ...facts,
})

export const overviewOf = (facts: Partial<Overview> = {}): Overview => ({
  ...{ atMs: 1_000_000, topics: [], workers: [], brokers: [], past: new Map(), marks: [], read: 1 },
  ...facts,
})

/** What is shown of it `ageMs` later. */
export const shown = (facts: Partial<Overview> = {}, { ageMs = 0, trouble = null as string | null } = {}): Shown => {
  const overview = overviewOf(facts)
  return shownOf({ overview, trouble, nowMs: overview.atMs + ageMs, intervalMs: 1_000 }, [])
}
