import { kafkajs } from './kafkajs/internals.ts'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
const VERSION = 1

/** What a member of a consumer group says when it joins: what it reads, and bytes of its own. */
export interface Subscription {
  readonly topics: readonly string[]
  readonly userData: Buffer
}

/** Partition numbers by topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>

export const encodeSubscription = ({ topics, userData }: Subscription): Buffer =>
  MemberMetadata.encode({ version: VERSION, topics, userData })

/** @throws when the bytes are of another protocol */
export const decodeSubscription = (bytes: Buffer): Subscription => MemberMetadata.decode(bytes)

export const encodeAssignment = (assignment: Record<string, number[]>): Buffer =>
  MemberAssignment.encode({ version: VERSION, assignment, userData: Buffer.alloc(0) })

/** Empty for a member that was assigned nothing. */
export const decodeAssignment = (bytes: Buffer): Assignment => MemberAssignment.decode(bytes)?.assignment ?? {}
