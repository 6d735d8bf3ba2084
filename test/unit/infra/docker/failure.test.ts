import { expect, test } from 'vitest'
import { explainComposeFailure, failedService } from '../../../../src/infra/docker/failure.ts'

const explain = (output: string, log = ''): ReturnType<typeof explainComposeFailure> =>
  explainComposeFailure({
    output,
    project: 'payflow',
    ports: { kafka: 19092, zookeeper: 12181, ksqldb: 18088 },
    logOf: (service) => Promise.resolve(`${service}: ${log}`),
  })

test.each([
  [
    'Error response from daemon: driver failed programming external connectivity: Bind for 127.0.0.1:12181 failed: port is already allocated',
    'PORT_IN_USE',
    'PAYFLOW_ZOOKEEPER_PORT',
  ],
  [
    'Error response from daemon: driver failed programming external connectivity on endpoint payflow-kafka-1 (a51a03): Error starting userland proxy: listen tcp4 127.0.0.1:19092: bind: address already in use',
    'PORT_IN_USE',
    'PAYFLOW_KAFKA_PORT',
  ],
  [
    ' ksqldb Pulling\n ksqldb Error Get "https://images.example.test/v2/": no such host\nError response from daemon: no such host',
    'PULL_FAILED',
    '--no-ksql',
  ],
  [
    'Error response from daemon: Get "https://images.example.test/v2/": dial tcp: lookup images.example.test: no such host',
    'PULL_FAILED',
    '--engine local',
  ],
  ['failed to register layer: write /usr/lib/x: no space left on device', 'DISK_FULL', 'make room'],
  ['dependency failed to start: container payflow-kafka-1 is unhealthy', 'BROKER_DIED', 'infra logs'],
  ['yaml: line 3: mapping values are not allowed', 'COMPOSE_FAILED', '--engine local'],
])('%s → %s', async (output, code, hint) => {
  const error = await explain(output)
  expect(error).toMatchObject({ code, kind: 'infra' })
  expect(error.hint).toContain(hint)
})

test('a container that failed is quoted with its own last words', async () => {
  const error = await explain('container payflow-kafka-1 exited (1)', 'x\nERROR Exiting Kafka (kafka.Kafka$)')
  expect(error.message).toBe('kafka ended while it was starting. Its last words: ERROR Exiting Kafka (kafka.Kafka$)')
})

test('the failed service is read out of what compose says', () => {
  expect(failedService('container payflow-zookeeper-1 exited (1)', 'payflow')).toBe('zookeeper')
  expect(failedService('container "payflow-kafka-1" is unhealthy', 'payflow')).toBe('kafka')
  expect(failedService('all is well', 'payflow')).toBeUndefined()
})
