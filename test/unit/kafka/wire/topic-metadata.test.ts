import { expect, test } from 'vitest'
import { topicMetadataRequest } from '../../../../src/kafka/wire/topic-metadata.ts'
import { frame } from './kafkajs-internals.ts'

const hex = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(/\s/g, ''), 'hex')

test('asks by name, and creates nothing, laid out as the protocol guide has version 10', async () => {
  const { request } = topicMetadataRequest(['té'])
  const { buffer } = await frame({ correlationId: 7, clientId: 'me', request })
  expect(buffer).toEqual(
    hex(`0000 0027  0003 000a 0000 0007 0002 6d65 00
      02  00000000 00000000 00000000 00000000  04 74c3a9 00  00 00 00  00`),
  )
})

test('reads ids and partition counts, and passes over the rest', async () => {
  const { response } = topicMetadataRequest(['a', 'b', 'c'])
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
  expect(await response.parse(decoded)).toEqual([
    { topic: 'a', errorCode: 0, id: '00112233445566778899aabbccddeeff', partitions: 2 },
    { topic: 'b', errorCode: 0, id: undefined, partitions: 0 },
    { topic: 'c', errorCode: 3, id: undefined, partitions: 0 },
  ])
})
