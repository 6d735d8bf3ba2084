import { PayflowError } from '../errors.ts'
import type { Broker } from './transport.ts'
import { incrementalAlterConfigsApi } from './wire/alter-configs.ts'
import { electLeadersApi } from './wire/elect-leaders.ts'
import { groupRightsApi } from './wire/group-rights.ts'
import { describeLogDirsApi } from './wire/log-dirs.ts'
import { describeQuorumApi } from './wire/quorum.ts'
import { alterReassignmentsApi, listReassignmentsApi } from './wire/reassignments.ts'
import { describeProducersApi, describeTransactionsApi, listTransactionsApi } from './wire/transactions.ts'

interface OptionalApi {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
}

/**
 * Requests that single commands and checks send, in the version that they have at least: a broker that does not serve one is refused by the
 * command that needs it, never at connect.
 */
export const optionalApis: readonly OptionalApi[] = [
  groupRightsApi,
  describeLogDirsApi,
  electLeadersApi,
  incrementalAlterConfigsApi,
  alterReassignmentsApi,
  listReassignmentsApi,
  describeQuorumApi,
  describeProducersApi,
  describeTransactionsApi,
  listTransactionsApi,
]

/** Whether the broker serves this version of a request. */
export function serves({ versions }: Broker, { apiKey, apiVersion }: OptionalApi): boolean {
  const served = versions?.[apiKey]
  return served !== undefined && served.minVersion <= apiVersion && apiVersion <= served.maxVersion
}

/** @throws PayflowError (infra) when the broker does not serve this version of a request */
export function requireServed(broker: Broker, api: OptionalApi): void {
  if (serves(broker, api)) return
  throw new PayflowError('BROKER_TOO_OLD', `The broker at ${broker.address} does not serve ${api.apiName} ${api.apiVersion}`, {
    kind: 'infra',
    hint: 'this command needs Kafka 2.4 or later',
  }) // prettier-ignore
}
