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
  ['Error: Could not find or load main class kafka.Kafka', 'JARS_BROKEN', 'infra up'],
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
  expect(explain('').message).toBe('kafka-0 ended while it was starting without a word')
})

test('a broker whose former self is still registered is told apart: it can be started again', () => {
  expect(
    isStillRegistered('org.apache.zookeeper.KeeperException$NodeExistsException: KeeperErrorCode = NodeExists'),
  ).toBe(true)
  expect(isStillRegistered('ERROR something else')).toBe(false)
})
