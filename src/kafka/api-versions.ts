import { PayflowError } from '../errors.ts'
import type { ApiVersions } from './exchange.ts'

/** A request that payflow sends: the versions it can, and whether nothing goes without it. */
interface Spoken {
  readonly name: string
  readonly first: number
  readonly last: number
  /** Missing at a broker that has nobody log in, or a server that speaks a part of the protocol only. */
  readonly optional?: true
}

/**
 * All that payflow sends, by API key. kafkajs sends the newest version that both know, and never looks at the broker's oldest; what payflow
 * encodes itself (records, metadata, offsets, and what changes topics and settings or deletes groups) has one version. `first` is the oldest
 * that says what payflow must know: isolation levels (ListOffsets 2), coordinators of transactions (FindCoordinator 1).
 */
export const spoken: Readonly<Record<number, Spoken>> = {
  0: { name: 'Produce', first: 7, last: 7 },
  1: { name: 'Fetch', first: 11, last: 11 },
  2: { name: 'ListOffsets', first: 2, last: 3 },
  3: { name: 'Metadata', first: 6, last: 6 },
  8: { name: 'OffsetCommit', first: 0, last: 5, optional: true },
  9: { name: 'OffsetFetch', first: 7, last: 7 },
  10: { name: 'FindCoordinator', first: 1, last: 2 },
  11: { name: 'JoinGroup', first: 0, last: 5 },
  12: { name: 'Heartbeat', first: 0, last: 3 },
  13: { name: 'LeaveGroup', first: 0, last: 3 },
  14: { name: 'SyncGroup', first: 0, last: 3 },
  15: { name: 'DescribeGroups', first: 0, last: 2 },
  16: { name: 'ListGroups', first: 0, last: 5 },
  17: { name: 'SaslHandshake', first: 0, last: 1, optional: true },
  18: { name: 'ApiVersions', first: 0, last: 2, optional: true },
  19: { name: 'CreateTopics', first: 3, last: 3, optional: true },
  20: { name: 'DeleteTopics', first: 3, last: 3, optional: true },
  22: { name: 'InitProducerId', first: 0, last: 1 },
  24: { name: 'AddPartitionsToTxn', first: 0, last: 1 },
  25: { name: 'AddOffsetsToTxn', first: 0, last: 1 },
  26: { name: 'EndTxn', first: 0, last: 1 },
  28: { name: 'TxnOffsetCommit', first: 3, last: 3 },
  32: { name: 'DescribeConfigs', first: 2, last: 2, optional: true },
  36: { name: 'SaslAuthenticate', first: 0, last: 1, optional: true },
  37: { name: 'CreatePartitions', first: 1, last: 1, optional: true },
  42: { name: 'DeleteGroups', first: 1, last: 1, optional: true },
}

const range = (first: number, last: number): string => (first === last ? `${first}` : `${first} to ${last}`)

/** Holds what a broker serves against all that payflow sends. @throws PayflowError (infra) that names the first request they do not share */
export function checkVersions(address: string, served: ApiVersions): void {
  for (const [key, { name, first, last, optional }] of Object.entries(spoken)) {
    const broker = served[Number(key)]
    if (broker === undefined && optional) continue
    if (broker === undefined) throw missing(address, name, served)
    const { minVersion, maxVersion } = broker
    const facts = `it serves ${name} ${range(minVersion, maxVersion)}, payflow sends ${range(first, last)}`
    if (maxVersion < first)
      throw new PayflowError('BROKER_TOO_OLD', `The broker at ${address} is too old: ${facts}`, {
        kind: 'infra',
        hint: 'payflow needs Kafka 2.5 or later',
      })
    if (minVersion > last)
      throw new PayflowError('BROKER_TOO_NEW', `The broker at ${address} is too new for this payflow: ${facts}`, {
        kind: 'infra',
        hint: 'look for a later payflow, or use a broker that still serves it (Kafka 2.5 to 4.x)',
      })
  }
}

function missing(address: string, name: string, served: ApiVersions): PayflowError {
  const isController = !(METADATA_KEY in served) && QUORUM_KEY in served
  return isController
    ? new PayflowError('NOT_A_BROKER', `What answers at ${address} is a KRaft controller, not a broker`, {
        kind: 'infra',
        hint: "name the broker's own port (usually 9092) with --brokers",
      })
    : new PayflowError('BROKER_TOO_OLD', `The broker at ${address} does not serve ${name}`, {
        kind: 'infra',
        hint: 'payflow needs Kafka 2.5 or later, with groups and transactions',
      })
}

const METADATA_KEY = 3
/** Vote: controllers ask each other. */
const QUORUM_KEY = 52
