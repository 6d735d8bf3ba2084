import { findingOf, type Check } from '../check.ts'
import { KAFKAJS_COMPARED, chooseCodec } from './codec.ts'
import { kafkajsVersion } from './kafkajs/protocol.ts'

/** Whether records go through payflow's own encoding: it is compared with one version of kafkajs, and others take the slow path. */
export function checkLibrary(env: Readonly<Record<string, string | undefined>>, version = kafkajsVersion): Check {
  const name = 'kafkajs'
  try {
    const codec = chooseCodec(env, version)
    const way = codec === 'payflow' ? "records go through payflow's own encoding" : 'records go through kafkajs, several times slower' // prettier-ignore
    const summary = `kafkajs ${version}: ${way}`
    if (codec === 'payflow') return { name, summary, findings: [] }
    const asked = env['PAYFLOW_WIRE'] === 'kafkajs'
    return {
      name,
      summary,
      findings: [
        {
          severity: 'warning',
          what: `The fast path is off: ${asked ? 'PAYFLOW_WIRE is kafkajs' : `kafkajs ${version} is not the version that it was compared with`}`,
          evidence: [`installed: ${version}, compared with: ${KAFKAJS_COMPARED}`],
          hint: asked ? 'leave PAYFLOW_WIRE unset' : `install kafkajs ${KAFKAJS_COMPARED}`,
        },
      ],
    }
  } catch (error) {
    return { name, summary: `kafkajs ${version}`, findings: [findingOf(error)] }
  }
}
