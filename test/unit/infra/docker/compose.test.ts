import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Compose, parseContainers } from '../../../../src/infra/docker/compose.ts'

const kafka = {
  ...{ Service: 'kafka', Name: 'payflow-kafka-1', State: 'running', Health: 'healthy' },
  Publishers: [
    { URL: '', TargetPort: 2181, PublishedPort: 0, Protocol: 'tcp' },
    { URL: '127.0.0.1', TargetPort: 9092, PublishedPort: 19092, Protocol: 'tcp' },
  ],
}
const zookeeper = { Service: 'zookeeper', Name: 'payflow-zookeeper-1', State: 'exited', Health: '', Publishers: null }
const expected = [
  { service: 'kafka', name: 'payflow-kafka-1', state: 'running', serving: true, port: 19092 },
  { service: 'zookeeper', name: 'payflow-zookeeper-1', state: 'exited', serving: false, port: undefined },
]

test('containers are read from an object a line and from one array, as versions of compose differ', () => {
  expect(parseContainers(`${JSON.stringify(kafka)}\n${JSON.stringify(zookeeper)}\n`)).toEqual(expected)
  expect(parseContainers(JSON.stringify([kafka, zookeeper]))).toEqual(expected)
  expect(parseContainers('')).toEqual([])
})

test('each home has a project of its own; the default one has the plain name', () => {
  const project = (home: string): string => new Compose({ home, env: {} }).project
  expect(project(join(homedir(), '.payflow'))).toBe('payflow')
  expect(project('one')).toMatch(/^payflow-[0-9a-f]{8}$/)
  expect(project('one')).not.toBe(project('two'))
})
