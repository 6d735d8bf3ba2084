import { expect, test } from 'vitest'
import { deleteGroupsRequest } from '../../../../src/kafka/wire/delete-groups.ts'
import { describeConfigsRequest } from '../../../../src/kafka/wire/describe-configs.ts'
import type { Request } from '../../../../src/kafka/wire/flexible.ts'
import { createPartitionsRequest, createTopicsRequest, deleteTopicsRequest } from '../../../../src/kafka/wire/topics.ts'
import { Encoder, frame, internal } from './kafkajs-internals.ts'

const { requests } = internal('protocol/requests') as {
  requests: Record<string, { protocol: (at: { version: number }) => (args: object) => Request<unknown> }>
}

const framed = async ({ request }: Request<unknown>): Promise<string> =>
  (await frame({ correlationId: 7, clientId: 'me', request })).buffer.toString('hex')
const ofKafkajs = (name: string, version: number, args: object): Promise<string> =>
  framed(requests[name]!.protocol({ version })(args))

async function read<Value>({ response }: Request<Value>, { buffer }: Encoder): Promise<Value> {
  return response.parse(await response.decode(buffer))
}

const patience = { timeoutMs: 10_000 }

test('topics are created, deleted and grown, settings asked for and groups deleted in the bytes that kafkajs sends', async () => {
  const config = { 'retention.ms': '-1', 'cleanup.policy': 'compact' }
  const created = createTopicsRequest([{ topic: 'gé', partitions: 3, replicationFactor: 2, config }, { topic: 'b', partitions: 1, replicationFactor: 1 }], { ...patience, validateOnly: true }) // prettier-ignore
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  expect(await framed(created)).toBe(
    await ofKafkajs('CreateTopics', 3, { topics: [{ topic: 'gé', numPartitions: 3, replicationFactor: 2, configEntries }, { topic: 'b', numPartitions: 1, replicationFactor: 1 }], validateOnly: true, timeout: patience.timeoutMs }), // prettier-ignore
  )
  const resources = ['a', 'b'].map((name) => ({ type: 2, name, configNames: ['retention.ms'] }))
  expect(await framed(describeConfigsRequest('topic', ['a', 'b'], ['retention.ms']))).toBe(await ofKafkajs('DescribeConfigs', 2, { resources })) // prettier-ignore
  expect(await framed(describeConfigsRequest('broker', ['0'], 'all'))).toBe(await ofKafkajs('DescribeConfigs', 2, { resources: [{ type: 4, name: '0' }] })) // prettier-ignore
  expect(await framed(deleteGroupsRequest(['g', 'h']))).toBe(await ofKafkajs('DeleteGroups', 1, ['g', 'h']))
  const args = { topicPartitions: [{ topic: 'a', count: 6 }], timeout: patience.timeoutMs }
  expect(await framed(createPartitionsRequest([{ topic: 'a', count: 6 }], patience))).toBe(await ofKafkajs('CreatePartitions', 1, args)) // prettier-ignore
  // kafkajs ends at version 1, whose bytes are the same
  const [own, theirs] = [await framed(deleteTopicsRequest(['a', 'b'], patience)), await ofKafkajs('DeleteTopics', 1, { topics: ['a', 'b'], timeout: patience.timeoutMs })] // prettier-ignore
  expect(own).toBe(theirs.replace(/^(.{8}0014)0001/, '$10003'))
})

test('each topic of an answer keeps its error, and what the controller says of it', async () => {
  const answer = new Encoder().writeInt32(5).writeInt32(2)
  answer.writeString('a').writeInt16(36).writeString('it is there').writeString('b').writeInt16(0).writeInt16(-1)
  expect(await read(createTopicsRequest([], patience), answer)).toEqual([
    { topic: 'a', errorCode: 36, message: 'it is there' },
    { topic: 'b', errorCode: 0, message: '' },
  ])
})

test('a broker that is not the controller says so of each topic: that is an error of the request', async () => {
  const answer = new Encoder().writeInt32(0).writeInt32(1).writeString('a').writeInt16(41).writeInt16(-1)
  const request = createPartitionsRequest([{ topic: 'a', count: 2 }], patience)
  await expect(read(request, answer)).rejects.toMatchObject({ code: 41, type: 'NOT_CONTROLLER' })
})

test('of settings those that have a value are read, and whether the topic itself has them', async () => {
  const answer = new Encoder().writeInt32(0).writeInt32(2)
  answer.writeInt16(29).writeString('no').writeInt8(2).writeString('secret').writeInt32(0)
  answer.writeInt16(0).writeInt16(-1).writeInt8(2).writeString('orders').writeInt32(3)
  const setting = (name: string, source: number): Encoder => answer.writeString(name).writeString('1').writeInt8(0).writeInt8(source).writeInt8(0) // prettier-ignore
  setting('own', 1).writeInt32(1).writeString('log.own').writeInt16(-1).writeInt8(5)
  setting('default', 5).writeInt32(0)
  answer.writeString('none').writeInt16(-1).writeInt8(0).writeInt8(4).writeInt8(1).writeInt32(0)
  expect(await read(describeConfigsRequest('topic', ['secret', 'orders'], 'all'), answer)).toEqual([
    { name: 'secret', errorCode: 29, entries: [] },
    { name: 'orders', errorCode: 0, entries: [{ name: 'own', value: '1', isOwn: true }, { name: 'default', value: '1', isOwn: false }] }, // prettier-ignore
  ])
})
