// The same four workers in one, two and three processes that share three partitions: what is lost or won together.
import { payflowPeer } from '../rig/peers.mjs'
import { inTurn } from '../rig/rounds.mjs'
import { exactRun, writeInputs } from './backlog.mjs'

export const title = 'Processes'

export async function run(context) {
  const { cluster, options, report } = context
  const { events } = options
  const model = await writeInputs(cluster, events)
  const runs = Object.fromEntries(
    [1, 2, 3].map((n) => [
      `payflow × ${n}`,
      () => exactRun(context, payflowPeer(undefined, { instances: n }), model, events),
    ]),
  )
  return { events, peers: await inTurn(Math.min(options.rounds, 2), runs, report) }
}
