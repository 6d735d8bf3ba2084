import { expect, test } from 'vitest'
import { explainFailure, isStillRegistered } from '../../../src/infra/service-failure.ts'

const explain = (text: string): ReturnType<typeof explainFailure> =>
  explainFailure({ name: 'kafka-0', port: 9, portVariable: 'PAYFLOW_KAFKA_PORT', data: 'home/data', text })

test.each([
  ['java.io.IOException: No space left on device', 'DISK_FULL', 'PAYFLOW_HOME'],
  [
    'java.lang.RuntimeException: Invalid cluster.id in: data/kafka-0/meta.properties.',
    'INCONSISTENT_DATA',
    '--volumes',
  ],
  ['kafka.common.InconsistentClusterIdException: The Cluster ID a', 'INCONSISTENT_DATA', '--volumes'],
  ['Caused by: java.net.BindException: Address already in use', 'PORT_IN_USE', 'PAYFLOW_KAFKA_PORT'],
  ['KafkaException: Failed to acquire lock on file .lock in data/kafka-0.', 'DATA_IN_USE', 'PAYFLOW_HOME'],
  ['java.util.zip.ZipException: invalid LOC header (bad signature)', 'JARS_BROKEN', 'infra up'],
  ['Error: Could not find or load main class kafka.Kafka', 'BROKER_DIED', 'infra logs'],
  ['java.io.IOException: Too many open files', 'TOO_MANY_FILES', 'ulimit -n'],
  ['java.nio.file.AccessDeniedException: data/kafka-0/x', 'HOME_UNWRITABLE', 'PAYFLOW_HOME'],
  ['java.lang.OutOfMemoryError: Java heap space', 'OUT_OF_MEMORY', 'nodes'],
  ['[2026-01-01 00:00:00,000] ERROR something else (kafka.Kafka$)', 'BROKER_DIED', 'infra logs'],
])('%s → %s', (text, code, hint) => {
  const error = explain(text)
  expect(error).toMatchObject({ code, kind: 'infra' })
  expect(error.hint).toContain(hint)
})

test("an unknown death is told in the broker's own words, without stack frames and dates", () => {
  const text = [
    '[2026-01-01 00:00:00,000] INFO starting (kafka.server.KafkaServer)',
    '[2026-01-01 00:00:01,000] ERROR Fatal error during startup (kafka.server.KafkaServer)',
    'java.lang.RuntimeException: broker.id 0 does not match',
    '\tat kafka.Kafka.main(Kafka.scala)',
    '[2026-01-01 00:00:02,000] INFO shut down completed (kafka.server.KafkaServer)',
  ].join('\n')
  expect(explain(text).message).toBe(
    'kafka-0 ended while it was starting. Its last words: ' +
      'ERROR Fatal error during startup (kafka.server.KafkaServer) | java.lang.RuntimeException: broker.id 0 does not match',
  )
  expect(explain('').message).toBe('kafka-0 ended while it was starting without any output')
})

test('a broker whose former self is still registered is told apart: it can be started again', () => {
  expect(
    isStillRegistered('org.apache.zookeeper.KeeperException$NodeExistsException: KeeperErrorCode = NodeExists'),
  ).toBe(true)
  expect(isStillRegistered('ERROR something else')).toBe(false)
})

test('jars are called broken when one of them is', () => {
  const text = 'Error: Could not find or load main class kafka.Kafka'
  const failure = { name: 'kafka-0', port: 9, portVariable: 'PAYFLOW_KAFKA_PORT', data: 'home/data', text }
  expect(explainFailure({ ...failure, jarFlaws: () => [] }).code).toBe('BROKER_DIED')
  expect(explainFailure({ ...failure, jarFlaws: () => ['kafka.jar: missing'] })).toMatchObject({
    code: 'JARS_BROKEN',
    message: 'The jars of kafka-0 are broken: kafka.jar: missing',
  })
})

test('a JVM that does not begin is quoted, and the variable that it took options from is named', () => {
  const text = [
    'Picked up _JAVA_OPTIONS: -Xmx64m',
    'Error occurred during initialization of VM',
    'Initial heap size set to a larger value than the maximum heap size',
  ].join('\n')
  const failure = {
    name: 'zookeeper',
    port: 9,
    portVariable: 'x',
    data: 'home/data',
    text,
    javaVariables: ['_JAVA_OPTIONS'],
  }
  expect(explainFailure(failure)).toMatchObject({
    code: 'JAVA_REFUSES',
    message:
      'Java does not start zookeeper: Error occurred during initialization of VM: ' +
      'Initial heap size set to a larger value than the maximum heap size',
    hint: 'Java also takes options from _JAVA_OPTIONS: correct or unset it',
  })
})
