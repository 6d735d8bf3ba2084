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
