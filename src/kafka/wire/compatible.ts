import { PayflowError } from '../../errors.ts'
import { kafkajsVersion } from '../kafkajs/protocol.ts'
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
  throw new PayflowError('SETTING_INVALID', `PAYFLOW_WIRE is "${wanted}"`, {
    kind: 'usage',
    hint: 'set it to payflow or kafkajs, or not at all',
  })
}
