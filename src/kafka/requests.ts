import { exchangeOf } from './kafkajs/requests.ts'
import type { Broker } from './transport.ts'
import { endTxnRequest, type EndTxn, type NextEpoch } from './wire/end-txn.ts'
import { txnOffsetCommitRequest, type TxnOffsetCommit } from './wire/txn-offset-commit.ts'

export type { NextEpoch } from './wire/end-txn.ts'
export { nobody, type GroupPlace } from './wire/txn-offset-commit.ts'

// Requests in the newest version that the broker serves, as kafkajs encodes them. Those of one version of payflow's own are in wire/.

interface TopicPartitions<Partition> {
  readonly topic: string
  readonly partitions: readonly Partition[]
}

export interface ProducerIdentity {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
}

export interface JoinGroupResult {
  readonly generationId: number
  readonly groupProtocol: string
  readonly leaderId: string
  readonly memberId: string
  readonly members: readonly { memberId: string; memberMetadata: Buffer }[]
}

type Request<Args, Result> = (broker: Broker, args: Args) => Promise<Result>

const request =
  (apiKey: number, name: string) =>
  async (broker: Broker, args: object): Promise<never> => {
    // what kafkajs says of a broker that it has not connected to
    if (!broker.versions) throw new Error('Broker not connected')
    // an error is thrown, and means what whoever asked takes it for: kafkajs would log each as one
    return (await broker.send({ ...exchangeOf(broker.versions, apiKey, name, args), logResponseError: false })) as never
  }

/** `timestamp`: ms since 1970, -1 the end, -2 the beginning. */
export const listOffsets: Request<
  {
    replicaId: number
    isolationLevel: number
    topics: readonly TopicPartitions<{ partition: number; timestamp: number }>[]
  },
  { responses: readonly TopicPartitions<{ partition: number; offset: string }>[] }
> = request(2, 'ListOffsets')

/** Only a group without members takes offsets from nobody. */
export const offsetCommit: Request<
  {
    groupId: string
    groupGenerationId: number
    memberId: string
    topics: readonly TopicPartitions<{ partition: number; offset: string; metadata?: string }>[]
  },
  unknown
> = request(8, 'OffsetCommit')

interface JoinGroup {
  readonly groupId: string
  /** ms */
  readonly sessionTimeout: number
  readonly rebalanceTimeout: number
  readonly memberId: string
  readonly groupProtocols: readonly { name: string; metadata: Buffer }[]
}
const join: Request<JoinGroup & { protocolType: string }, JoinGroupResult> = request(11, 'JoinGroup')

/** Who has no member id yet is given one, and joins with it (KIP-394). */
export async function joinGroup(broker: Broker, args: JoinGroup): Promise<JoinGroupResult> {
  const consumer = { ...args, protocolType: 'consumer' }
  try {
    return await join(broker, consumer)
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'KafkaJSMemberIdRequired') throw error
    return join(broker, { ...consumer, memberId: (error as Error & { memberId: string }).memberId })
  }
}

export const heartbeat: Request<{ groupId: string; groupGenerationId: number; memberId: string }, unknown> = request(
  12,
  'Heartbeat',
)

export const leaveGroup: Request<{ groupId: string; memberId: string }, unknown> = request(13, 'LeaveGroup')

export const syncGroup: Request<
  {
    groupId: string
    generationId: number
    memberId: string
    groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[]
  },
  { memberAssignment: Buffer }
> = request(14, 'SyncGroup')

export const describeGroups: Request<
  { groupIds: readonly string[] },
  {
    groups: readonly {
      groupId: string
      state: string
      protocolType: string
      protocol: string
      members: readonly { memberId: string; clientId: string; clientHost: string; memberMetadata: Buffer }[]
    }[]
  }
> = request(15, 'DescribeGroups')

export const listGroups: Request<object, { groups: readonly { groupId: string; protocolType: string }[] }> = request(
  16,
  'ListGroups',
)

/** `transactionTimeout` in ms. */
export const initProducerId: Request<
  { transactionalId?: string; transactionTimeout: number },
  { producerId: string; producerEpoch: number }
> = request(22, 'InitProducerId')

export const addPartitionsToTxn: Request<ProducerIdentity & { topics: readonly TopicPartitions<number>[] }, unknown> =
  request(24, 'AddPartitionsToTxn')

export const addOffsetsToTxn: Request<ProducerIdentity & { groupId: string }, unknown> = request(25, 'AddOffsetsToTxn')

/** Commits when `transactionResult` is true, aborts otherwise. */
export const endTxn: Request<ProducerIdentity & { transactionResult: boolean }, unknown> = request(26, 'EndTxn')

/** Ends it where brokers enlist. Returns the producer's next epoch, under which the next transaction goes. */
export const endTxnOfEpoch = (broker: Broker, args: EndTxn): Promise<NextEpoch> => broker.send(endTxnRequest(args))

/** @throws ILLEGAL_GENERATION or UNKNOWN_MEMBER_ID where the group does not have this member in this generation */
export const txnOffsetCommit = (broker: Broker, args: TxnOffsetCommit): Promise<undefined> =>
  broker.send(txnOffsetCommitRequest(args))
