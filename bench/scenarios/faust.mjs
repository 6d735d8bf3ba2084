// Faust is so much slower that it gets a backlog of its own.
import { faustPeer, payflowPeer } from '../rig/peers.mjs'
import { inTurn } from '../rig/rounds.mjs'
import { exactRun, writeInputs } from './backlog.mjs'

export const title = 'Faust'

export async function run(context) {
  const { cluster, options, report } = context
  const faust = faustPeer()
  if (!faust) return undefined
  const events = options.quick ? 10_000 : 60_000
  const model = await writeInputs(cluster, events)
  const runs = Object.fromEntries(
    [payflowPeer(), faust].map((peer) => [peer.name, () => exactRun(context, peer, model, events)]),
  )
  return { events, peers: await inTurn(1, runs, report) }
}
