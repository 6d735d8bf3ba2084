import { kafkajs } from './kafkajs/internals.ts'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
const VERSION = 1

/** What a member of a consumer group says when it joins: what it reads, and bytes of its own. */
export interface Subscription {
  readonly topics: readonly string[]
  readonly userData: Buffer
}

/** What a member is given: partition numbers by topic, and bytes of its leader's. */
export interface Assignment {
  readonly partitions: Readonly<Record<string, readonly number[]>>
  readonly userData: Buffer
}

export const encodeSubscription = ({ topics, userData }: Subscription): Buffer =>
  MemberMetadata.encode({ version: VERSION, topics, userData })

/** @throws when the bytes are of another protocol */
export const decodeSubscription = (bytes: Buffer): Subscription => MemberMetadata.decode(bytes)

export const encodeAssignment = ({ partitions, userData }: Assignment): Buffer =>
  MemberAssignment.encode({ version: VERSION, assignment: partitions as Record<string, number[]>, userData })

/** Empty for a member that was assigned nothing. */
export function decodeAssignment(bytes: Buffer): Assignment {
  const { assignment = {}, userData = nothing } = MemberAssignment.decode(bytes) ?? {}
  return { partitions: assignment, userData }
}

const nothing = Buffer.alloc(0)
