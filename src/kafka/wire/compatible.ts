import { PayflowError } from '../../errors.ts'
import { fetchApi } from './fetch.ts'
import { kafkajsVersion } from '../kafkajs/protocol.ts'
import { produceApi } from './produce.ts'
import type { WireMode } from './wire-mode.ts'

/** What a broker understands, by API key. */
export type ApiVersions = Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>

/** The version whose bytes and whose inside payflow's are compared with. */
const kafkajsCompared = '2.2.4'

/** `PAYFLOW_WIRE`. When it is not set: `payflow`, with another kafkajs than the one compared with `kafkajs`. */
export function wireMode(env: Readonly<Record<string, string | undefined>>, kafkajs = kafkajsVersion): WireMode {
  const wanted = env['PAYFLOW_WIRE'] ?? ''
  if (wanted === '') return kafkajs === kafkajsCompared ? 'payflow' : 'kafkajs'
  if (wanted === 'payflow' || wanted === 'kafkajs') return wanted
  throw new PayflowError('BAD_SETTING', `PAYFLOW_WIRE is "${wanted}"`, {
    kind: 'usage',
    hint: 'set it to payflow or kafkajs, or not at all',
  })
}

/** Whether a broker takes the two requests that carry records, in the versions of either mode: Produce 7 and Fetch 11 (Kafka 2.3). */
export function supports(versions: ApiVersions): boolean {
  return [produceApi, fetchApi].every(({ apiKey, apiVersion }) => {
    const range = versions[apiKey]
    return range !== undefined && range.minVersion <= apiVersion && apiVersion <= range.maxVersion
  })
}
