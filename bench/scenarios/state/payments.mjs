// process-payments on disk, while event time moves on: its state grows for the first half, and is let go as fast as it comes in the second. Then at its rate.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inputs } from '../../rig/cluster.mjs'
import { payflowPeer } from '../../rig/peers.mjs'
import { start } from '../../rig/processes.mjs'
import { inTurn } from '../../rig/rounds.mjs'
import { timed } from '../../rig/watch.mjs'
import { OUTPUT, PaymentBook } from './payment-book.mjs'
import { LIMIT_MS } from './peers.mjs'
import { watchMemory } from './uniform.mjs'

const PORT = 18_090
const LIVE_MS = 60_000
const WARM_MS = 5_000
const SCRAPE_MS = 1_000

export async function payments(context) {
  const { cluster, options, env, broker, report, clear, home } = context
  const orders = options.state.keys ?? 20_000_000
  const rate = options.state.orderRate
  const seconds = orders / rate
  // a day at this rate would be kept for a day: this is kept for half of what it lasts
  const retention = Math.max(1, Math.floor(seconds / 2))
  const wait = Math.max(1, Math.floor(seconds / 20))
  const args = [
    '--state-memory',
    options.state.stateMemory ?? '0',
    '--retention',
    `${retention}s`,
    '--wait',
    `${wait}s`,
  ]
  const state = join(home, 'state')
  const peerEnv = { ...env, PAYFLOW_STATE_DIR: state }
  const once = async () => {
    const book = new PaymentBook(orders, rate)
    await cluster.fresh([...inputs, OUTPUT])
    await book.write(cluster, orders)
    report(`  ${orders} orders of ${Math.round(seconds)} s, kept for ${retention} s: about ${Math.round(orders / 2)} at a time`) // prettier-ignore
    const peer = payflowPeer(['process-payments'], { args, state })
    clear(peer)
    const memory = {}
    const onLook = watchMemory(memory, report)
    const row = await timed(cluster, peer, peerEnv, { broker, limitMs: LIMIT_MS, onLook })
    const figures = await live(cluster, payflowPeer(['process-payments'], { args: [...args, '--http', `127.0.0.1:${PORT}`], state, endsItself: false }), peerEnv, book) // prettier-ignore
    await timed(cluster, peer, peerEnv, { limitMs: LIMIT_MS })
    await book.verify(cluster)
    clear(peer)
    const { cpuSeconds, brokerCpuSeconds, rssMb } = row
    return { perSecond: Math.round((1.95 * orders) / row.seconds), seconds: row.seconds, cpuSeconds, brokerCpuSeconds, rssMb, ...memory, ...figures } // prettier-ignore
  }
  return inTurn(options.rounds, { payflow: once }, report)
}

/** At the rate of the events, in real time: how long the worker's thread stood still, as its own metrics have it. */
async function live(cluster, peer, env, book) {
  const run = start(peer, env)
  const over = new AbortController()
  try {
    while (!(await fetched('readyz'))) {
      if (!run.running()) throw new Error(`payflow did not get ready:\n${run.stderr().slice(-2_000)}`)
      await sleep(100)
    }
    const feeding = book.feed(cluster, over.signal)
    feeding.catch(() => over.abort())
    await sleep(WARM_MS)
    await fetched('metrics')
    const pauses = []
    for (const end = performance.now() + LIVE_MS; performance.now() < end;) {
      await sleep(SCRAPE_MS)
      pauses.push(longestPause(await fetched('metrics')))
    }
    over.abort()
    await feeding
    return { longestPauseMs: Math.round(Math.max(...pauses)), pausesOver200Ms: pauses.filter((ms) => ms > 200).length }
  } finally {
    over.abort()
    await run.end()
  }
}

/** Undefined: not there, or it says that it is not ready. */
async function fetched(path) {
  const answer = await fetch(`http://127.0.0.1:${PORT}/${path}`).catch(() => undefined)
  return answer?.ok ? answer.text() : undefined
}

/** Since the metrics were last read. */
const longestPause = (metrics) => Number(/^nodejs_eventloop_lag_max_seconds(?:{.*})? (\S+)$/m.exec(metrics)[1]) * 1_000
