import { expect, test } from 'vitest'
import {
  brokerProperties,
  kraftProperties,
  renderProperties,
  votersOf,
  zookeeperProperties,
} from '../../../../src/infra/local/properties.ts'

const plan = { id: 0, port: 9092, nodes: 1, zookeeperPort: 2181 }

test('properties are rendered one a line', () => {
  expect(renderProperties({ 'broker.id': 0, 'auto.create.topics.enable': false })).toBe(
    'broker.id=0\nauto.create.topics.enable=false\n',
  )
})

test('everything listens on 127.0.0.1 only', () => {
  expect(brokerProperties(plan).listeners).toBe('PLAINTEXT://127.0.0.1:9092')
  expect(zookeeperProperties(2181)).toMatchObject({ clientPort: 2181, clientPortAddress: '127.0.0.1' })
  expect(zookeeperProperties(2181)['admin.enableServer']).toBe(false)
})

test.each([
  [1, 1, 1],
  [2, 2, 1],
  [3, 3, 2],
  [5, 3, 2],
])('%i brokers replicate %i times, and a write needs %i replicas', (nodes, replicationFactor, minInSync) => {
  expect(brokerProperties({ ...plan, nodes })).toMatchObject({
    'default.replication.factor': replicationFactor,
    'offsets.topic.replication.factor': replicationFactor,
    'transaction.state.log.replication.factor': replicationFactor,
    'transaction.state.log.min.isr': minInSync,
    'min.insync.replicas': minInSync,
  })
})

test('each broker has an id, a port and data of its own', () => {
  expect(brokerProperties({ ...plan, id: 2, port: 9094, nodes: 3 })).toMatchObject({
    'broker.id': 2,
    'log.dirs': 'data/kafka-2',
    listeners: 'PLAINTEXT://127.0.0.1:9094',
  })
})

test('a node of Kafka 4 is a broker and a controller, knows all voters, and differs from a broker beside ZooKeeper in nothing else', () => {
  const kraft = kraftProperties({
    id: 1,
    port: 9093,
    nodes: 3,
    controllerPorts: [20_001, 20_002, 20_003],
    data: 'data-4',
  })
  expect(kraft).toMatchObject({
    'node.id': 1,
    'process.roles': 'broker,controller',
    listeners: 'PLAINTEXT://127.0.0.1:9093,CONTROLLER://127.0.0.1:20002',
    'advertised.listeners': 'PLAINTEXT://127.0.0.1:9093',
    'controller.quorum.voters': '0@127.0.0.1:20001,1@127.0.0.1:20002,2@127.0.0.1:20003',
    'log.dirs': 'data-4/kafka-1',
  })
  expect(Object.keys(kraft).filter((name) => /zookeeper|broker\.id/.test(name))).toEqual([])
  const { 'broker.id': _, listeners: __, 'log.dirs': ___, ...beside } = brokerProperties({ ...plan, nodes: 3 })
  const shared = Object.entries(beside).filter(([name]) => !/^(zookeeper|controlled\.shutdown)\./.test(name))
  expect(kraft).toMatchObject(Object.fromEntries(shared))
})

test('the number of controllers is odd, so that the loss of one node of two leaves the other at work', () => {
  expect([1, 2, 3, 4, 5, 6, 9].map(votersOf)).toEqual([1, 1, 3, 3, 5, 5, 5])
  const second = kraftProperties({ id: 1, port: 9093, nodes: 2, controllerPorts: [20_001], data: 'data-4' })
  expect(second).toMatchObject({
    'process.roles': 'broker',
    listeners: 'PLAINTEXT://127.0.0.1:9093',
    'controller.quorum.voters': '0@127.0.0.1:20001',
    'default.replication.factor': 2,
  })
})

test('offsets of a group that nobody uses are kept for good', () => {
  expect(brokerProperties(plan)['offsets.retention.minutes']).toBe(2_147_483_647)
})
