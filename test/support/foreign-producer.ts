import { randomUUID } from 'node:crypto'
import { Kafka, logLevel, type Producer, type ProducerConfig } from 'kafkajs'
import { onTestFinished } from 'vitest'
import { brokers } from './broker.ts'

/** Another program's transactional producer, connected until the test ends: kafkajs's own, under an id of its own where none is given. */
export async function foreignProducer(more: ProducerConfig = {}): Promise<Producer> {
  const kafka = new Kafka({ brokers: brokers(), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: `foreign-${randomUUID()}`, maxInFlightRequests: 1, idempotent: true, ...more }) // prettier-ignore
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  return producer
}
