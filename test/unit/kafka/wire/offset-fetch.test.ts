import { expect, test } from 'vitest'
import { offsetFetchRequest } from '../../../../src/kafka/wire/offset-fetch.ts'
import { frame } from './kafkajs-internals.ts'

const hex = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(/\s/g, ''), 'hex')
const UNSTABLE = 88
const stable = { stable: true }

test('asks for decided offsets, laid out as the protocol guide has version 7', async () => {
  const { request } = offsetFetchRequest('gé', new Map([['t', [0, 300]]]), stable)
  const { buffer } = await frame({ correlationId: 7, clientId: 'me', request })
  expect(buffer).toEqual(
    hex(`0000 0020  0009 0007 0000 0007 0002 6d65 00
      04 67c3a9  02  02 74  03 0000 0000 0000 012c 00  01 00`),
  )
})

test('asks for all offsets as they are', async () => {
  const { request } = offsetFetchRequest('g', 'all', { stable: false })
  const { buffer } = await frame({ correlationId: 7, clientId: 'me', request })
  expect(buffer).toEqual(hex('0000 0012  0009 0007 0000 0007 0002 6d65 00  02 67  00  00 00'))
})

test('a name longer than seven bits can count has its length in two bytes', async () => {
  const { request } = offsetFetchRequest('g'.repeat(200), new Map(), stable)
  const { buffer } = await request.encode()
  const body = Buffer.alloc(buffer.length)
  buffer.copy(body, 0)
  expect(body.subarray(0, 4)).toEqual(hex('00 c901 67'))
})

test('reads offsets, the lack of one, errors of partitions, and passes over fields that it does not know', async () => {
  const { response } = offsetFetchRequest('g', new Map(), stable)
  const decoded = await response.decode(
    hex(`01 05 02 abcd  0000 0003  02
      02 74  04
        0000 0000 0000 0001 0000 0002 ffff ffff 00 0000 00
        0000 0001 ffff ffff ffff ffff ffff ffff 03 6869 0000 01 00 01 ff
        0000 0002 ffff ffff ffff ffff ffff ffff 01 0058 00
      00  0000 00`),
  )
  expect(decoded.clientSideThrottleTime).toBe(3)
  expect(await response.parse(decoded)).toEqual([
    { topic: 't', partition: 0, offset: 4_294_967_298, errorCode: 0 },
    { topic: 't', partition: 1, offset: -1, errorCode: 0 },
    { topic: 't', partition: 2, offset: -1, errorCode: UNSTABLE },
  ])
})

test('an error of the whole request is thrown, as a broker’s', async () => {
  const { response } = offsetFetchRequest('g', new Map(), stable)
  const decoded = await response.decode(hex('00 0000 0000 01 000e 00'))
  await expect(response.parse(decoded)).rejects.toMatchObject({ type: 'GROUP_LOAD_IN_PROGRESS', code: 14 })
})
