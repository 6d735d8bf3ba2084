import { expect, test } from 'vitest'
import { consumerGroupDescribeRequest, listGroupsRequest } from '../../../../src/kafka/wire/groups.ts'
import { frame } from './kafkajs-internals.ts'

const hex = (bytes: string): Buffer => Buffer.from(bytes.replaceAll(/\s/g, ''), 'hex')

test('asks for all groups, laid out as the protocol guide has versions 4 and 5', async () => {
  const bytes = async (version: 4 | 5): Promise<Buffer> => {
    const { request } = listGroupsRequest(version)
    return (await frame({ correlationId: 7, clientId: 'me', request })).buffer
  }
  expect(await bytes(4)).toEqual(hex('0000 000f 0010 0004 0000 0007 0002 6d65 00 01 00'))
  expect(await bytes(5)).toEqual(hex('0000 0010 0010 0005 0000 0007 0002 6d65 00 01 01 00'))
})

// what a broker of Kafka 4.1.0 answered, with a classic consumer, a consumer of KIP-848 and a share consumer at work
const recorded = {
  list4: `00000000000000040d6f6c642d70726f746f636f6c09636f6e73756d657207537461626c65000d6e65772d70726f746f636f6c09636f6e73756d657207537461626c65000873686172696e6706736861726507537461626c650000`,
  list5: `00000000000000040d6f6c642d70726f746f636f6c09636f6e73756d657207537461626c6508636c6173736963000d6e65772d70726f746f636f6c09636f6e73756d657207537461626c6509636f6e73756d6572000873686172696e6706736861726507537461626c650673686172650000`,
  described: `0000000000030000000d6e65772d70726f746f636f6c07537461626c65000000010000000108756e69666f726d0217552d716574454f49514a79755a6e64566f4d38526967000000000001106e6578742d67656e65726174696f6e0b2f3132372e302e302e310202740102c8db109fb3684896a339271dcab2b118027404000000000000000100000002000002c8db109fb3684896a339271dcab2b118027404000000000000000100000002000000800000000000452c47726f7570206f6c642d70726f746f636f6c206973206e6f74206120636f6e73756d65722067726f75702e0d6f6c642d70726f746f636f6c0100000000000000000101800000000000`,
}

test('reads which groups there are, their state, and their protocol where the broker tells it', async () => {
  const read = async (version: 4 | 5, bytes: string) => {
    const { response } = listGroupsRequest(version)
    return response.parse(await response.decode(hex(bytes)))
  }
  expect(await read(5, recorded.list5)).toEqual([
    { group: 'old-protocol', protocolType: 'consumer', state: 'Stable', type: 'classic' },
    { group: 'new-protocol', protocolType: 'consumer', state: 'Stable', type: 'consumer' },
    { group: 'sharing', protocolType: 'share', state: 'Stable', type: 'share' },
  ])
  expect((await read(4, recorded.list4)).map(({ state }) => state)).toEqual(['Stable', 'Stable', 'Stable'])
})

test('an error of the whole list is thrown, as a broker’s', async () => {
  const { response } = listGroupsRequest(5)
  const decoded = await response.decode(hex('00 00000000 000e 01 00'))
  await expect(response.parse(decoded)).rejects.toMatchObject({ code: 14 })
})

test('reads state and members of a group of the consumer protocol, and that another is none', async () => {
  const { request, response } = consumerGroupDescribeRequest(['gé'])
  expect((await frame({ correlationId: 7, clientId: 'me', request })).buffer).toEqual(
    hex('0000 0014 0045 0000 0000 0007 0002 6d65 00 02 04 67c3a9 00 00'),
  )
  expect(await response.parse(await response.decode(hex(recorded.described)))).toEqual([
    {
      ...{ errorCode: 0, group: 'new-protocol', state: 'Stable' },
      members: [{ id: 'U-qetEOIQJyuZndVoM8Rig', clientId: 'next-generation', host: '/127.0.0.1' }],
    },
    { errorCode: 69, group: 'old-protocol', state: '', members: [] },
  ])
})
