// At a steady rate: from the moment an input was due until its output was read, read-committed. One hop, and two (frequent-failed-payments).
// The moment travels in `timestamp`, which every output passes on, so that one process measures both ends.
import { setTimeout as sleep } from 'node:timers/promises'
import { fetch } from '../../dist/kafka/fetch.js'
import { inputs, outputs } from '../rig/cluster.mjs'
import { feed } from '../rig/feed.mjs'
import { fastPeer, payflowPeer } from '../rig/peers.mjs'
import { start } from '../rig/processes.mjs'
import { inTurn } from '../rig/rounds.mjs'

export const title = 'Latency'

/** Calls `seen(hop, ms)` for each output, and with hop 0 for each input where those are among the topics. One request at a time for all partitions: a connection each would be load of its own. */
export async function watch(cluster, since, seen, signal, topics = outputs) {
  const connection = cluster.client.connect()
  const at = cluster.partitions(topics)
  const ends = await cluster.ends(topics, 'stable')
  const next = new Map(at.map(({ topic, partition }) => [`${topic}/${partition}`, ends.of(topic, partition) ?? 0]))
  while (!signal.aborted) {
    const fetched = await fetch(connection, await connection.any(), {
      maxWaitMs: 200,
      minBytes: 1,
      maxBytes: 32 << 20,
      isolation: 'read_committed',
      partitions: at.map((one) => ({ ...one, offset: next.get(`${one.topic}/${one.partition}`), maxBytes: 1 << 20 })),
    })
    const now = Date.now()
    for (const { topic, partition, records } of fetched) {
      next.set(`${topic}/${partition}`, records.nextOffset)
      for (const cursor = records.cursor(); cursor.next();) {
        const value = JSON.parse(cursor.valueText())
        const due = Date.parse(value.timestamp ?? value.last_failed_timestamp)
        if (due > since()) seen(hopOf(topic), now - due)
      }
    }
  }
  await connection.close()
}

const hopOf = (topic) => (inputs.includes(topic) ? 0 : topic === 'frequent_failed_payments' ? 2 : 1)

/** CPU seconds between two looks, as a share of a core in percent. */
export const percent = (now, then, ms) => Math.round((100_000 * (now - then)) / ms)

export const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN

export async function measure(
  { cluster, env, broker, clear, options, warmupMs = options.quick ? 4_000 : 8_000 },
  peer,
  rate,
) {
  const measuredMs = options.quick ? 6_000 : 15_000
  await cluster.fresh([...inputs, ...outputs])
  clear(peer)
  const run = start(peer, env)
  await sleep(3_000)
  const over = new AbortController()
  const times = { 1: [], 2: [] }
  let since = Infinity
  const work = Promise.all([
    feed(cluster, rate, over.signal),
    watch(
      cluster,
      () => since,
      (hop, ms) => times[hop].push(ms),
      over.signal,
    ),
  ])
  work.catch(() => undefined)
  await sleep(warmupMs)
  since = Date.now()
  const before = { peer: run.cpu(), broker: broker.cpu() }
  await sleep(measuredMs)
  const row = {
    peerCpu: percent(run.cpu(), before.peer, measuredMs),
    brokerCpu: percent(broker.cpu(), before.broker, measuredMs),
  }
  over.abort()
  await work
  const { rssMb } = await run.end()
  for (const hop of [1, 2]) {
    const sorted = times[hop].sort((a, b) => a - b)
    if (sorted.length < 100)
      throw new Error(`${peer.name}: only ${sorted.length} outputs of hop ${hop}: ${run.stderr().slice(-500)}`)
    Object.assign(row, {
      [`hop${hop}n`]: sorted.length,
      [`hop${hop}p50`]: quantile(sorted, 0.5),
      [`hop${hop}p95`]: quantile(sorted, 0.95),
      [`hop${hop}p99`]: quantile(sorted, 0.99),
    })
  }
  return { ...row, rssMb }
}

export async function run(context) {
  const { options, report, streams } = context
  const peers = [payflowPeer(undefined, { endsItself: false }), fastPeer, streams].filter(Boolean)
  // a broker that has just begun is busy with being compiled
  await measure({ ...context, options: { quick: true } }, peers[0], 1_000)
  const result = {}
  for (const rate of [1_000, 10_000]) {
    const runs = Object.fromEntries(
      peers.map((peer) => [`${peer.name}, ${rate}/s`, () => measure(context, peer, rate)]),
    )
    Object.assign(result, await inTurn(Math.min(options.rounds, 2), runs, report))
  }
  return { peers: result }
}
