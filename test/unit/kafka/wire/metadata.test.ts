import { expect, test } from 'vitest'
import { metadataRequest } from '../../../../src/kafka/wire/metadata.ts'
import { frame, internal } from './kafkajs-internals.ts'

interface Protocol {
  request: (args: { topics: readonly string[]; allowAutoTopicCreation: boolean }) => Parameters<typeof frame>[0]['request'] // prettier-ignore
  response: { decode: (payload: Buffer) => Promise<object> }
}
const kafkajs: Protocol = {
  request: internal('protocol/requests/metadata/v6/request') as Protocol['request'],
  response: internal('protocol/requests/metadata/v6/response') as Protocol['response'],
}
const bytesOf = async (request: Parameters<typeof frame>[0]['request']): Promise<Buffer> =>
  (await frame({ correlationId: 7, clientId: 'me', request })).buffer

test('asks about topics by name, and about all, as kafkajs does', async () => {
  for (const topics of [['a'], ['orders', 'ä.b-c_d']])
    expect(await bytesOf(metadataRequest(topics).request)).toEqual(
      await bytesOf(kafkajs.request({ topics, allowAutoTopicCreation: false })),
    )
  expect(await bytesOf(metadataRequest('all').request)).toEqual(
    await bytesOf(kafkajs.request({ topics: [], allowAutoTopicCreation: false })),
  )
})

test('without topics it asks about none of them, where kafkajs asks about all', async () => {
  const bytes = await bytesOf(metadataRequest([]).request)
  expect(bytes.subarray(-5).toString('hex')).toBe('0000000000')
})

// two brokers, one in a rack; a topic of two partitions, the second without a leader; a topic that does not exist
const answer = Buffer.from(
  `00000005 00000002 00000000 0001 61 00002384 0002 7231 00000001 0001 62 00002385 ffff 0001 63 00000001
   00000002 0000 0001 74 00 00000002
     0000 00000000 00000000 00000001 00000000 00000001 00000000 00000000
     0005 00000001 ffffffff 00000001 00000001 00000000 00000001 00000001
   0003 0001 75 01 00000000`.replaceAll(/\s/g, ''),
  'hex',
)

test('reads what kafkajs reads, and throws nothing over a partition without a leader', async () => {
  const { response } = metadataRequest('all')
  const read = await response.parse(await response.decode(answer))
  expect({ ...read, throttleTime: 0 }).toEqual(await kafkajs.response.decode(answer))
  expect(read.topicMetadata[0]!.partitionMetadata[1]).toEqual(
    expect.objectContaining({ partitionErrorCode: 5, leader: -1, replicas: [1], offlineReplicas: [1] }),
  )
  expect(read.topicMetadata[1]).toMatchObject({ topic: 'u', topicErrorCode: 3 })
})

const hex = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(/\s/g, ''), 'hex')

test('with ids it asks by name, and creates nothing, laid out as the protocol guide has version 10', async () => {
  const { request } = metadataRequest(['té'], 10)
  const { buffer } = await frame({ correlationId: 7, clientId: 'me', request })
  expect(buffer).toEqual(
    hex(`0000 0027  0003 000a 0000 0007 0002 6d65 00
      02  00000000 00000000 00000000 00000000  04 74c3a9 00  00 00 00  00`),
  )
})

test('reads ids, and passes over the rest', async () => {
  const { response } = metadataRequest(['a', 'b', 'c'], 10)
  const decoded = await response.decode(
    hex(`00  0000 0003
      02  0000 0001 02 68 0000 2384 00 00
      03 6964  0000 0001
      04
        0000 02 61 00112233 44556677 8899aabb ccddeeff 00
          03
            0000 0000 0000 0000 0001 0000 0005 02 0000 0001 02 0000 0001 01 00
            0005 0000 0001 ffff ffff 0000 0005 02 0000 0001 01 02 0000 0001 00
          8000 0000 00
        0000 02 62 00000000 00000000 00000000 00000000 00  01  8000 0000  01 05 02 abcd
        0003 02 63 00000000 00000000 00000000 00000000 00  01  8000 0000  00
      8000 0000 00`),
  )
  expect(decoded.clientSideThrottleTime).toBe(3)
  const { topicMetadata, brokers, controllerId } = await response.parse(decoded)
  expect(brokers).toEqual([{ nodeId: 1, host: 'h', port: 9092, rack: null }])
  expect(controllerId).toBe(1)
  const partition = { replicas: [1], isr: [1], offlineReplicas: [], partitionErrorCode: 0, leader: 1 }
  expect(topicMetadata).toEqual([
    {
      ...{ topic: 'a', topicErrorCode: 0, id: '00112233445566778899aabbccddeeff', isInternal: false },
      partitionMetadata: [
        { ...partition, partitionId: 0 },
        { partitionErrorCode: 5, partitionId: 1, leader: -1, replicas: [1], isr: [], offlineReplicas: [1] },
      ],
    },
    { topic: 'b', topicErrorCode: 0, id: undefined, isInternal: false, partitionMetadata: [] },
    { topic: 'c', topicErrorCode: 3, id: undefined, isInternal: false, partitionMetadata: [] },
  ])
})

test('with ids too it can ask about all topics', async () => {
  const bytes = await bytesOf(metadataRequest('all', 10).request)
  expect(bytes.subarray(-6).toString('hex')).toBe('000000000000')
})
