// Whether memory grows with what is processed: one, three and five million events.
import { payflowPeer } from '../rig/peers.mjs'
import { exactRun, writeInputs } from './backlog.mjs'

export const title = 'Memory'

export async function run(context) {
  const { cluster, options, report } = context
  const peers = {}
  for (const events of options.quick ? [100_000, 300_000, 500_000] : [1_000_000, 3_000_000, 5_000_000]) {
    const model = await writeInputs(cluster, events)
    peers[`payflow, ${events / 1e6} M`] = await exactRun(context, payflowPeer(), model, events)
    report(`  ${events}: ${JSON.stringify(peers[`payflow, ${events / 1e6} M`])}`)
  }
  return { peers }
}
