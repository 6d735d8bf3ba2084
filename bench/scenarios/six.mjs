// All six workers, orders and as many payments from payflow's own producers; `payflow audit` says whether its outputs are right.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inputs } from '../rig/cluster.mjs'
import { payflow, payflowPeer, six } from '../rig/peers.mjs'
import { countRecords } from '../rig/records.mjs'
import { inTurn } from '../rig/rounds.mjs'
import { timed } from '../rig/watch.mjs'

export const title = 'Six workers'
const exec = promisify(execFile)

const derived = ['enriched_orders', 'order_status', 'failed_payments', 'large_orders', 'aggregated_revenue', 'frequent_failed_payments'] // prettier-ignore
/** One record for each event, or by an event alone: whoever is right has as many. */
const counted = ['enriched_orders', 'failed_payments', 'large_orders', 'aggregated_revenue']

const writing = (kind, count) => ['produce', kind, '--rate', 'max', '--count', String(count), '--seed', '7', '--start', '2026-01-01T00:00:00Z'] // prettier-ignore

export async function run({ cluster, options, env, broker, report, clear, sixStreams }) {
  const orders = options.quick ? options.events / 2 : 1_000_000
  const command = (args) => exec(process.execPath, [payflow, ...args], { env: { ...process.env, ...env }, maxBuffer: 64 << 20 }) // prettier-ignore
  await cluster.fresh([])
  await command(['topics', 'create'])
  for (const [kind, count] of [['users', 1_000], ['orders', orders], ['payments', orders]]) await command(writing(kind, count)) // prettier-ignore
  let wanted
  const once = (peer, check) => async () => {
    await cluster.fresh(derived, [...inputs, 'users'])
    clear(peer)
    const { seconds, firstCommit, cpuSeconds, rssMb, brokerCpuSeconds } = await timed(cluster, peer, env, { broker })
    await check(await countRecords(cluster, counted))
    return { perSecond: Math.round((2 * orders) / seconds), seconds, firstCommit, cpuSeconds, rssMb, brokerCpuSeconds }
  }
  const runs = {
    payflow: once(payflowPeer(six, { args: [] }), async (counts) => {
      // it recomputes all outputs with rules of its own, and ends with an error when one is missing or too many
      await command(['audit', '--json'])
      wanted = counts
    }),
  }
  if (sixStreams)
    runs[sixStreams.name] = once(sixStreams, (counts) => {
      if (counted.some((topic) => counts[topic] !== wanted[topic])) throw new Error(`not exact: ${JSON.stringify({ wanted, counts })}`) // prettier-ignore
    })
  return { events: 2 * orders, peers: await inTurn(Math.min(options.rounds, 2), runs, report) }
}
