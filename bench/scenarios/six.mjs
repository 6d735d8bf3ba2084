// All six workers, orders and as many payments from payflow's own producers; `payflow audit` says whether the outputs are right.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { payflow, payflowPeer, six } from '../rig/peers.mjs'
import { timed } from '../rig/watch.mjs'

export const title = 'Six workers'
const exec = promisify(execFile)

export async function run({ cluster, options, env, broker, report }) {
  const orders = options.quick ? options.events / 2 : 1_000_000
  const command = (...args) =>
    exec(process.execPath, [payflow, ...args], { env: { ...process.env, ...env }, maxBuffer: 64 << 20 })
  await cluster.fresh([])
  await command('topics', 'create')
  for (const [kind, count] of [
    ['users', 1_000],
    ['orders', orders],
    ['payments', orders],
  ])
    await command(
      'produce',
      kind,
      '--rate',
      'max',
      '--count',
      String(count),
      '--seed',
      '7',
      '--start',
      '2026-01-01T00:00:00Z',
    )
  const row = await timed(cluster, payflowPeer(six, { args: [] }), env, { broker })
  const { seconds, firstCommit, cpuSeconds, rssMb, brokerCpuSeconds } = row
  const result = {
    perSecond: Math.round((2 * orders) / seconds),
    seconds,
    firstCommit,
    cpuSeconds,
    rssMb,
    brokerCpuSeconds,
  }
  report(`  payflow: ${JSON.stringify(result)}`)
  // The audit recomputes all outputs with rules of its own; it ends with an error when one is missing or too many.
  await command('audit', '--json')
  return { events: 2 * orders, peers: { payflow: result } }
}
