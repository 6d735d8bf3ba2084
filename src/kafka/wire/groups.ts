import { ByteReader } from './byte-reader.ts'
import type { Exchange } from '../exchange.ts'
import { KafkajsEncoder, createErrorFromCode } from '../kafkajs/protocol.ts'

// What kafkajs has no version of: which groups there are with their state (Kafka 2.6) and type (3.8), and those of the consumer
// protocol, KIP-848 (4.0). DescribeGroups calls all groups "Dead" that are not classic ones.

export const listGroupsApi = { apiKey: 16, apiName: 'ListGroups', withState: 4, withType: 5 } as const
const consumerGroupDescribeApi = { apiKey: 69, apiVersion: 0, apiName: 'ConsumerGroupDescribe' } as const

export interface ListedGroup {
  readonly group: string
  /** What its members use it for: `consumer`; empty where it has none. */
  readonly protocolType: string
  readonly state: string
  /** `classic`, `consumer`, `share` or `streams`. */
  readonly type: string
}

interface Decoded<Value> {
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly value: Value
}

/** In a flexible version (KIP-482) tagged fields end the request's header, which kafkajs writes without them, and every structure. */
const NO_TAGS = 0
const EMPTY_ARRAY = 1

/** The groups that this broker coordinates. Before Kafka 3.8 all of them are classic. */
export function listGroupsRequest(apiVersion: 4 | 5): Exchange<ListedGroup[], Decoded<ListedGroup[]>> {
  const filters = apiVersion === listGroupsApi.withType ? 2 : 1
  const encode = (): KafkajsEncoder => {
    const encoder = new KafkajsEncoder().writeInt8(NO_TAGS)
    for (let filter = 0; filter < filters; filter++) encoder.writeUVarInt(EMPTY_ARRAY) // of states, of types
    return encoder.writeInt8(NO_TAGS)
  }
  const decode = (payload: Buffer): Decoded<ListedGroup[]> => {
    const reader = new ByteReader(payload)
    reader.tags()
    const clientSideThrottleTime = reader.int32()
    const errorCode = reader.int16()
    const value = reader.compactArray(() => {
      const [group, protocolType, state] = [reader.compactText(), reader.compactText(), reader.compactText()]
      const type = apiVersion === listGroupsApi.withType ? reader.compactText().toLowerCase() : 'classic'
      reader.tags()
      return { group, protocolType, state, type }
    })
    return { clientSideThrottleTime, errorCode, value }
  }
  return exchange({ ...listGroupsApi, apiVersion, encode, decode })
}

export interface DescribedConsumerGroup {
  readonly errorCode: number
  readonly group: string
  readonly state: string
  readonly members: readonly { id: string; clientId: string; host: string }[]
}

/** State and members of groups of the consumer protocol that this broker coordinates. */
export function consumerGroupDescribeRequest(
  groups: readonly string[],
): Exchange<DescribedConsumerGroup[], Decoded<DescribedConsumerGroup[]>> {
  const encode = (): KafkajsEncoder => {
    const encoder = new KafkajsEncoder().writeInt8(NO_TAGS).writeUVarInt(groups.length + 1)
    for (const group of groups) encoder.writeUVarIntString(group)
    return encoder.writeBoolean(false).writeInt8(NO_TAGS) // without the operations that we may use
  }
  const decode = (payload: Buffer): Decoded<DescribedConsumerGroup[]> => {
    const reader = new ByteReader(payload)
    reader.tags()
    const clientSideThrottleTime = reader.int32()
    return { clientSideThrottleTime, errorCode: 0, value: reader.compactArray(() => describedGroup(reader)) }
  }
  return exchange({ ...consumerGroupDescribeApi, encode, decode })
}

function describedGroup(reader: ByteReader): DescribedConsumerGroup {
  const errorCode = reader.int16()
  reader.compactText() // error message
  const [group, state] = [reader.compactText(), reader.compactText()]
  reader.int32() // group epoch
  reader.int32() // assignment epoch
  reader.compactText() // assignor
  const members = reader.compactArray(() => describedMember(reader))
  reader.int32() // authorized operations
  reader.tags()
  return { errorCode, group, state, members }
}

function describedMember(reader: ByteReader): DescribedConsumerGroup['members'][number] {
  const id = reader.compactText()
  reader.compactText() // instance
  reader.compactText() // rack
  reader.int32() // member epoch
  const [clientId, host] = [reader.compactText(), reader.compactText()]
  reader.compactArray(() => reader.compactText()) // subscribed topics
  reader.compactText() // subscribed pattern
  skipAssignment(reader) // as it is
  skipAssignment(reader) // as it is to become
  reader.tags()
  return { id, clientId, host }
}

function skipAssignment(reader: ByteReader): void {
  reader.compactArray(() => {
    reader.bigInt64() // topic id
    reader.bigInt64()
    reader.compactText()
    reader.compactArray(() => reader.int32())
    reader.tags()
  })
  reader.tags()
}

function exchange<Value>(api: {
  apiKey: number
  apiVersion: number
  apiName: string
  encode: () => KafkajsEncoder
  decode: (payload: Buffer) => Decoded<Value>
}): Exchange<Value, Decoded<Value>> {
  const { apiKey, apiVersion, apiName, encode, decode } = api
  return {
    request: { apiKey, apiVersion, apiName, encode: () => Promise.resolve(encode()) },
    response: {
      decode: (payload) => Promise.resolve(decode(payload)),
      parse: ({ errorCode, value }) =>
        errorCode === 0 ? Promise.resolve(value) : Promise.reject(createErrorFromCode(errorCode)),
    },
    logResponseError: false,
  }
}
