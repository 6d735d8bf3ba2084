// State of a million keys (a user each), rebuilt from the changelog by a process that has nothing: from its start until it has committed a little new input.
import { inputs, outputs } from '../rig/cluster.mjs'
import { pairs } from '../rig/events.mjs'
import { payflowPeer } from '../rig/peers.mjs'
import { writeBacklog } from '../rig/records.mjs'
import { inTurn } from '../rig/rounds.mjs'
import { timed } from '../rig/watch.mjs'

export const title = 'Restore'

export async function run({ cluster, options, env, broker, report, streams, clear }) {
  const keys = options.quick ? 50_000 : 1_000_000
  const source = pairs(7, 'distinct')
  await cluster.fresh([...inputs, ...outputs])
  await writeBacklog(cluster, source, keys, { ordersOnly: true })
  const peers = [payflowPeer(), streams].filter(Boolean)
  for (const peer of peers) {
    clear(peer)
    report(`  ${peer.name}, building: ${JSON.stringify(await timed(cluster, peer, env, { broker }))}`)
  }
  const restored = (peer) => async () => {
    clear(peer)
    await cluster.vacate(Object.keys(peer.groups))
    await writeBacklog(cluster, source, 300, { ordersOnly: true })
    const { seconds, firstCommit, cpuSeconds, rssMb, brokerCpuSeconds } = await timed(cluster, peer, env, { broker })
    return { seconds, firstCommit, cpuSeconds, rssMb, brokerCpuSeconds }
  }
  return {
    events: keys,
    peers: await inTurn(options.rounds, Object.fromEntries(peers.map((peer) => [peer.name, restored(peer)])), report),
  }
}
