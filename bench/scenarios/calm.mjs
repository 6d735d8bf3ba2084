// `payflow all` at its defaults, with nothing else to do: what broker, workers and `all` itself take, and how long one hop takes.
import { setTimeout as sleep } from 'node:timers/promises'
import { inputs, outputs } from '../rig/cluster.mjs'
import { payflow } from '../rig/peers.mjs'
import { start } from '../rig/processes.mjs'
import { inTurn } from '../rig/rounds.mjs'
import { percent, quantile, watch } from './latency.mjs'

export const title = 'At rest'

const SETTLE_MS = 15_000
const MEASURED_MS = 20_000

async function measure({ cluster, env, broker, options }) {
  await cluster.fresh([])
  const command = [process.execPath, payflow, 'all', '--reset', '--no-ksql', '--quiet', '--engine', 'external']
  const run = start({ commands: [command] }, env)
  await sleep(options.quick ? SETTLE_MS / 2 : SETTLE_MS)
  const over = new AbortController()
  const found = [[], []]
  const watched = watch(
    cluster,
    () => 0,
    (hop, ms) => found[hop]?.push(ms),
    over.signal,
    [...inputs, ...outputs],
  )
  const before = { peer: run.cpu(), broker: broker.cpu() }
  await sleep(MEASURED_MS)
  const row = {
    peerCpu: percent(run.cpu(), before.peer, MEASURED_MS),
    brokerCpu: percent(broker.cpu(), before.broker, MEASURED_MS),
  }
  over.abort()
  await watched
  const { rssMb } = await run.end()
  // events have the time of the run's start, and the producers begin when all is ready: an input that was sent when it was due tells that distance
  const startMs = Math.min(...found[0])
  const times = found[1].map((ms) => ms - startMs)
  if (times.length < 100) throw new Error(`only ${times.length} outputs: ${run.stderr().slice(-500)}`)
  times.sort((a, b) => a - b)
  const [hop1p50, hop1p95, hop1p99] = [0.5, 0.95, 0.99].map((q) => quantile(times, q))
  return { ...row, hop1n: times.length, hop1p50, hop1p95, hop1p99, rssMb }
}

export async function run(context) {
  const { options, report } = context
  return { peers: await inTurn(Math.min(options.rounds, 2), { 'payflow all': () => measure(context) }, report) }
}
