import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Compose, parseContainers, servicesOf } from '../../../../src/infra/docker/compose.ts'

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

const fileText = (name: string): string => readFileSync(new URL(`../../../../${name}`, import.meta.url), 'utf8')
/** The blocks of the services of a compose file, by name. */
const servicesIn = (text: string): Record<string, string> => {
  const [, block = ''] = /^services:\n([\s\S]*?)^volumes:/m.exec(text) ?? []
  const names = [...block.matchAll(/^ {2}(\w+):$/gm)].map(([, name]) => name!)
  const bodies = block.split(/^ {2}\w+:$/m).slice(1)
  return Object.fromEntries(names.map((name, i) => [name, bodies[i]!.trim()]))
}

test('Kafka 4 has a project of its own, so that containers and volumes of the two never meet', () => {
  const project = (kafka: '3.9' | '4'): string => new Compose({ home: 'one', env: {}, kafka }).project
  expect(project('4')).toMatch(/^payflow-kafka4-[0-9a-f]{8}$/)
  expect(project('3.9')).toMatch(/^payflow-[0-9a-f]{8}$/)
  expect(servicesOf('4')).toEqual(['kafka', 'ksqldb'])
})

test("each Kafka's file has its services, ksqlDB is the same in both, and brokers differ in nothing that decides results", () => {
  const [old, four] = [servicesIn(fileText('docker-compose.yml')), servicesIn(fileText('docker-compose.kafka4.yml'))]
  expect(Object.keys(old)).toEqual(servicesOf('3.9'))
  expect(Object.keys(four)).toEqual(servicesOf('4'))
  expect(four['ksqldb']).toBe(old['ksqldb'])
  const settings = (body: string): string[] =>
    [...body.matchAll(/^ {6}(KAFKA_\w+: .*)$/gm)].map(([, setting]) => setting!)
  const shared = settings(old['kafka']!).filter((line) => !/ZOOKEEPER|BROKER_ID|LISTENERS|PROTOCOL_MAP/.test(line))
  expect(settings(four['kafka']!)).toEqual(expect.arrayContaining(shared))
  expect(four['kafka']).toContain('KAFKA_ADVERTISED_LISTENERS: INSIDE://kafka:29092,HOST://127.0.0.1:${PAYFLOW_KAFKA_PORT:-9092}') // prettier-ignore
  const id = /CLUSTER_ID: (\S+)/.exec(four['kafka']!)![1]!
  expect(Buffer.from(id, 'base64url')).toHaveLength(16)
})
