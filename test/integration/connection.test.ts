import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import type { TransportOptions } from '../../src/kafka/transport.ts'
import type { LogLevel } from '../../src/log.ts'
import { brokers } from '../support/broker.ts'
import { SocketTransport } from '../support/socket-transport.ts'
import { eventually } from '../support/wait.ts'

/** The answer to an older question comes after that to the first one for new topics. */
class Overtaken extends SocketTransport {
  override async learn(topics: readonly string[]): Promise<void> {
    const before = this.metadata
    await super.learn(topics)
    if (before) this.metadata = before
  }
}

async function topicsOn(client: Client, count: number): Promise<string[]> {
  onTestFinished(() => client.close())
  const topics = Array.from({ length: count }, () => `connection-${randomUUID()}`)
  await createTopics(
    client,
    topics.map((topic) => ({ topic, partitions: 2, replicationFactor: 1 })),
  )
  return topics
}

test('a topic is there although an older answer, which does not name it, has come last', async () => {
  const client = new Client({ brokers: brokers(), transport: (options) => new Overtaken(options) })
  const [first, second, third] = await topicsOn(client, 3)
  const connection = client.connect()
  await connection.leader(first!, 0)
  expect((await connection.leader(second!, 0)).isConnected()).toBe(true)
  expect(await connection.partitions(third!)).toBe(2)
})

test('nor does one that comes later hide a topic that was known', async () => {
  const transports: SocketTransport[] = []
  const transport = (options: TransportOptions): SocketTransport => {
    const made = new SocketTransport(options)
    transports.push(made)
    return made
  }
  const client = new Client({ brokers: brokers(), transport })
  const [first, second] = await topicsOn(client, 2)
  const connection = client.connect()
  await connection.leader(first!, 0)
  const own = transports.at(-1)!
  const older = own.metadata
  await connection.leader(second!, 0)
  own.metadata = older
  expect(await connection.partitions(second!)).toBe(2)
  own.metadata = older
  expect((await connection.leader(second!, 1)).isConnected()).toBe(true)
})

test('what ends because nobody needs it any more is no error in the log', async () => {
  const said: { level: LogLevel; message: unknown }[] = []
  const client = new Client({ brokers: brokers(), log: (level, _, fields) => said.push({ level, message: fields?.['message'] }) }) // prettier-ignore
  const [topic] = await topicsOn(client, 1)
  const connection = client.connect()
  await connection.leader(topic!, 0)
  await connection.close()
  await eventually(() => expect(said).toContainEqual({ level: 'debug', message: 'Connection error: closed' }))
  expect(said.filter(({ level }) => level === 'error')).toEqual([])
})
