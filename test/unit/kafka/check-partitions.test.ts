import { expect, test } from 'vitest'
import { judgePartitions } from '../../../src/kafka/check-partitions.ts'

const topic = (name: string, ...partitions: readonly { leader: number; replicas: number[]; isr: number[] }[]) => ({
  ...{ topicErrorCode: 0, topic: name, id: undefined, isInternal: false },
  partitionMetadata: partitions.map((at, partitionId) => ({ partitionErrorCode: 0, partitionId, offlineReplicas: [], ...at })), // prettier-ignore
})

test('nothing is said of partitions that are as they should be', () => {
  expect(judgePartitions([topic('orders', { leader: 0, replicas: [0, 1], isr: [0, 1] })], [0, 1])).toEqual([])
})

test('each kind of fault is one finding, with the brokers that must come back', () => {
  const found = judgePartitions(
    [
      topic('orders', { leader: -1, replicas: [2], isr: [2] }, { leader: 0, replicas: [0, 2], isr: [0] }),
      topic('users', { leader: 1, replicas: [0, 1], isr: [0, 1] }),
    ],
    [0, 1],
  )
  expect(found.map(({ severity, what }) => [severity, what])).toEqual([
    ['error', 'Nobody leads orders/0: it can be neither read nor written'],
    ['warning', 'Not all replicas are in sync: orders/1'],
    ['warning', 'Another than the preferred replica leads users/0: load is not shared as it was meant'],
  ])
  expect(found[0]!.hint).toBe("start broker 2 again (`payflow infra up` starts payflow's own)")
  expect(found[1]!.evidence).toEqual(['orders/1: leader 0, replicas 0,2, in sync 0'])
  expect(found[2]!.hint).toBe('`payflow topics elect-leaders users`')
})

test('a preferred replica that is away or behind cannot be elected, and is not asked for', () => {
  const away = topic('orders', { leader: 1, replicas: [2, 1], isr: [1] })
  expect(judgePartitions([away], [1]).map(({ what }) => what)).toEqual(['Not all replicas are in sync: orders/0'])
})
