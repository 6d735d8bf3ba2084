// The same load over more and more partitions, in one process and in four: latency, and what it costs the broker.
import { Cluster } from '../rig/cluster.mjs'
import { payflowPeer } from '../rig/peers.mjs'
import { inTurn } from '../rig/rounds.mjs'
import { measure } from './latency.mjs'

export const title = 'Partitions'

/** Until each of many new partitions has touched its index files, brokers are several times slower. */
const WARMUP_MS = 25_000

const cases = [
  { count: 3, rate: 1_000, instances: 1 },
  { count: 12, rate: 1_000, instances: 1 },
  { count: 48, rate: 1_000, instances: 1 },
  { count: 48, rate: 10_000, instances: 1 },
  { count: 192, rate: 1_000, instances: 4 },
]

const nameOf = (peer, { count, rate, instances }) =>
  `${peer.name}, ${count} partitions, ${rate}/s${instances > 1 ? `, ${instances} processes` : ''}`

/** Several processes of one peer; each needs a directory of its own for its state. */
function several(peer, instances) {
  if (instances === 1 || !peer.state) return peer
  const commands = Array.from({ length: instances }, (_, i) =>
    peer.commands[0].map((word) => (word === peer.state ? `${word}/${i}` : word)),
  )
  return { ...peer, commands }
}

export async function run(context) {
  const { options, report, streams } = context
  const result = {}
  for (const one of options.quick ? cases.filter(({ count }) => count === 3 || count === 48) : cases) {
    const cluster = new Cluster(context.cluster.brokers, one.count)
    const peers = [payflowPeer(undefined, { endsItself: false, instances: one.instances }), streams].filter(Boolean)
    try {
      const runs = Object.fromEntries(
        peers.map((peer) => [
          nameOf(peer, one),
          () => measure({ ...context, cluster, warmupMs: WARMUP_MS }, several(peer, one.instances), one.rate),
        ]),
      )
      Object.assign(result, await inTurn(Math.min(options.rounds, 2), runs, report))
    } finally {
      await cluster.fresh([])
      await cluster.close()
    }
  }
  return { peers: result }
}
