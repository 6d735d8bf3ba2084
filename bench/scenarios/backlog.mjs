// A backlog, the four workers of each peer in one process, start-up included; outputs checked record by record.
import { inputs, outputs } from '../rig/cluster.mjs'
import { Model, pairs } from '../rig/events.mjs'
import { fastPeer, kafkajsPeer, payflowPeer } from '../rig/peers.mjs'
import { tallyOutputs, writeBacklog } from '../rig/records.mjs'
import { inTurn } from '../rig/rounds.mjs'
import { timed } from '../rig/watch.mjs'

export const title = 'Backlog'

/** Resets the outputs, runs the peer, compares what it wrote. @throws when it is not exact */
export async function exactRun({ cluster, env, broker, clear }, peer, model, events) {
  await cluster.fresh(outputs, inputs)
  clear(peer)
  const row = await timed(cluster, peer, env, { broker })
  const difference = model.want.difference(await tallyOutputs(cluster))
  if (difference) throw new Error(`${peer.name} is not exact: ${difference}`)
  const { seconds, firstCommit, cpuSeconds, rssMb, brokerCpuSeconds } = row
  return {
    perSecond: Math.round(events / seconds),
    steadyPerSecond: Math.round(events / Math.max(seconds - firstCommit, 0.001)),
    seconds,
    firstCommit,
    cpuSeconds,
    rssMb,
    brokerCpuSeconds,
  }
}

export async function writeInputs(cluster, events) {
  const model = new Model()
  await cluster.fresh([...inputs, ...outputs])
  await writeBacklog(cluster, pairs(7), events, { model })
  return model
}

export async function run(context) {
  const { cluster, options, report, streams } = context
  const { events, rounds } = options
  const model = await writeInputs(cluster, events)
  const peers = [payflowPeer(), fastPeer, streams, kafkajsPeer].filter(Boolean)
  const runs = Object.fromEntries(peers.map((peer) => [peer.name, () => exactRun(context, peer, model, events)]))
  return { events, peers: await inTurn(rounds, runs, report) }
}
