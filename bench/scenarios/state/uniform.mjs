// One order each of many users, in no order of their numbers: every key is new.
import { inputs } from '../../rig/cluster.mjs'
import { OrderBook } from '../../rig/order-book.mjs'
import { inTurn } from '../../rig/rounds.mjs'
import { timed } from '../../rig/watch.mjs'
import { chosen, LIMIT_MS, payflowOf, streamsOf } from './peers.mjs'

const OUTPUT = ['aggregated_revenue']

export async function uniform(context) {
  const { cluster, options, env, broker, report, clear } = context
  const keys = options.state.keys ?? 20_000_000
  const book = new OrderBook(keys)
  await cluster.fresh([...inputs, ...OUTPUT])
  await book.write(cluster, keys)
  report(`  ${keys} orders are written`)
  const once = (peer) => async () => {
    await cluster.fresh(OUTPUT, inputs)
    clear(peer)
    book.startOver()
    const memory = {}
    const row = await timed(cluster, peer, { ...env, ...peer.env }, { broker, limitMs: LIMIT_MS, onLook: watchMemory(memory, report) }) // prettier-ignore
    await book.verify(cluster)
    clear(peer)
    const { seconds, firstCommit, cpuSeconds, rssMb, brokerCpuSeconds } = row
    return {
      perSecond: Math.round(keys / seconds),
      seconds,
      firstCommit,
      cpuSeconds,
      brokerCpuSeconds,
      rssMb,
      ...memory,
    }
  }
  const peers = chosen(context, { payflow: payflowOf(context), streams: streamsOf(context) })
  return inTurn(options.rounds, Object.fromEntries(peers.map((peer) => [peer.name, once(peer)])), report)
}

/** Notes memory in the middle and at the end; tells it at every tenth. */
export function watchMemory(memory, report) {
  let tenth = 0
  return (share, seconds, run) => {
    if (share === 0 || Math.floor(share * 10) <= tenth) return
    tenth = Math.floor(share * 10)
    const { rssMb, anonymousMb } = run.memory()
    report(`    ${tenth * 10} % after ${seconds.toFixed(1)} s: ${rssMb} MB, ${anonymousMb} without mapped files`)
    if (tenth >= 5 && memory.middleMb === undefined) Object.assign(memory, { middleMb: rssMb, middleAnonymousMb: anonymousMb }) // prettier-ignore
    memory.anonymousMb = Math.max(memory.anonymousMb ?? 0, anonymousMb)
    if (tenth === 10) Object.assign(memory, { endMb: rssMb, endAnonymousMb: anonymousMb })
  }
}
