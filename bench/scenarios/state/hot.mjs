// Orders of a few hot users out of many that have state: in memory against on disk, on the same state.
import { join } from 'node:path'
import { inputs } from '../../rig/cluster.mjs'
import { OrderBook, userOf } from '../../rig/order-book.mjs'
import { inTurn } from '../../rig/rounds.mjs'
import { timed } from '../../rig/watch.mjs'
import { LIMIT_MS, payflowOf } from './peers.mjs'

/** The start, and first touches, are left out. */
const WARM = 0.2
const HEAP_MB = 12_288

export async function hot(context) {
  const { cluster, options, env, broker, report, clear, home } = context
  const keys = options.state.keys ?? 10_000_000
  const few = Math.min(keys, options.state.hot ?? (options.quick ? 5_000 : 100_000))
  const orders = options.state.orders ?? Math.max(20 * few, 100_000)
  const book = new OrderBook(keys)
  await cluster.fresh([...inputs, 'aggregated_revenue'])
  await book.write(cluster, keys)
  const disk = payflowOf(context)
  // a state that has been on disk stays there, so the one in memory has a directory in which there is nothing
  const nodeOptions = `${process.env.NODE_OPTIONS ?? ''} --max-old-space-size=${HEAP_MB}`.trim()
  const memory = payflowOf(context, { memory: '100GB', state: join(home, 'no-state'), env: { NODE_OPTIONS: nodeOptions } }) // prettier-ignore
  clear(disk)
  const building = await timed(cluster, disk, { ...env, ...disk.env }, { broker, limitMs: LIMIT_MS })
  await book.verify(cluster)
  report(`  ${keys} keys are built: ${JSON.stringify(building)}`)
  const once = (peer) => async () => {
    const from = book.written
    await book.write(cluster, orders, { user: (i) => userOf(i % few, keys) })
    let warm
    let end
    const onLook = (share, seconds, run) => {
      const done = (share * book.written - from) / orders
      end = { done, seconds, cpu: run.cpu() }
      if (done >= WARM) warm ??= end
    }
    const { rssMb, firstCommit } = await timed(cluster, peer, { ...env, ...peer.env }, { broker, limitMs: LIMIT_MS, onLook }) // prettier-ignore
    await book.verify(cluster)
    const measured = (end.done - warm.done) * orders
    return {
      steadyPerSecond: Math.round(measured / (end.seconds - warm.seconds)),
      cpuPerMillion: ((end.cpu - warm.cpu) / measured) * 1e6,
      firstCommit,
      rssMb,
    }
  }
  const runs = { [`payflow, in memory (heap ${HEAP_MB / 1024} GB)`]: once(memory), 'payflow, on disk': once(disk) }
  const rows = await inTurn(options.rounds, runs, report)
  clear(disk)
  clear(memory)
  return rows
}
