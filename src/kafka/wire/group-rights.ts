import type { Exchange } from '../exchange.ts'
import { KafkajsEncoder, createErrorFromCode } from '../kafkajs/protocol.ts'
import { ByteReader } from './byte-reader.ts'

/** The first version of DescribeGroups that says what we may do with a group (KIP-430, Kafka 2.3). kafkajs ends at 2. */
export const groupRightsApi = { apiKey: 15, apiVersion: 3, apiName: 'DescribeGroups' } as const

interface GroupRights {
  readonly group: string
  readonly errorCode: number
  /** Bits, by the codes of Kafka's operations. */
  readonly rights: number
}
interface Decoded {
  readonly clientSideThrottleTime: number
  readonly groups: readonly GroupRights[]
}

const GROUP_AUTHORIZATION_FAILED = 30

/** For the groups' coordinator. One that does not exist has rights too. A coordinator that cannot say yet is no lack of rights: that is an error. */
export const groupRightsRequest = (groups: readonly string[]): Exchange<readonly GroupRights[], Decoded> => ({
  request: {
    ...groupRightsApi,
    encode: () => {
      const encoder = new KafkajsEncoder().writeInt32(groups.length)
      for (const group of groups) encoder.writeString(group)
      return Promise.resolve(encoder.writeBoolean(true))
    },
  },
  response: {
    decode: (payload) => {
      const reader = new ByteReader(payload)
      return Promise.resolve({ clientSideThrottleTime: reader.int32(), groups: reader.array(() => readGroup(reader)) })
    },
    parse: ({ groups: found }) => {
      const failed = found.find(({ errorCode }) => errorCode !== 0 && errorCode !== GROUP_AUTHORIZATION_FAILED)
      return failed ? Promise.reject(createErrorFromCode(failed.errorCode)) : Promise.resolve(found)
    },
  },
  logResponseError: false,
})

function readGroup(reader: ByteReader): GroupRights {
  const [errorCode, group] = [reader.int16(), reader.text()]
  for (let text = 0; text < 3; text++) reader.text() // state, type of the protocol, protocol
  reader.array(() => {
    for (let text = 0; text < 3; text++) reader.text() // member, client, host
    reader.bytes() // metadata
    reader.bytes() // assignment
  })
  return { group, errorCode, rights: reader.int32() }
}
