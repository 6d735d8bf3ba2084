import { PayflowError } from '../errors.ts'
import { kafkajsVersion } from './kafkajs/protocol.ts'

/** Who encodes and decodes records: payflow, or kafkajs as a way back. */
export type RecordCodec = 'payflow' | 'kafkajs'

/** The version whose bytes and whose inside payflow's are compared with. */
export const KAFKAJS_COMPARED = '2.2.4'

/** `PAYFLOW_WIRE`. When it is not set: `payflow`, with another kafkajs than the one compared with `kafkajs`. @throws PayflowError (usage) */
export function chooseCodec(env: Readonly<Record<string, string | undefined>>, kafkajs = kafkajsVersion): RecordCodec {
  const wanted = env['PAYFLOW_WIRE'] ?? ''
  if (wanted === '') return kafkajs === KAFKAJS_COMPARED ? 'payflow' : 'kafkajs'
  if (wanted === 'payflow' || wanted === 'kafkajs') return wanted
  throw new PayflowError('SETTING_INVALID', `PAYFLOW_WIRE is "${wanted}"`, {
    kind: 'usage',
    hint: 'set it to payflow or kafkajs, or not at all',
  })
}
