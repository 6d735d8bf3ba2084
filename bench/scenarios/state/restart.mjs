// kill -9 while orders come, and the same process again at once, with the directory that it left.
import { setTimeout as sleep } from 'node:timers/promises'
import { inputs } from '../../rig/cluster.mjs'
import { OrderBook } from '../../rig/order-book.mjs'
import { start } from '../../rig/processes.mjs'
import { inTurn } from '../../rig/rounds.mjs'
import { timed } from '../../rig/watch.mjs'
import { chosen, LIMIT_MS, payflowOf, streamsOf } from './peers.mjs'

const OUTPUT = ['aggregated_revenue']
const PER_SECOND = 2_000
/** How long it works between two kills. */
const WORK_MS = 5_000
const LOOK_MS = 20
const PORT = 18_089

export async function restart(context) {
  const { cluster, options, report, clear } = context
  const keys = options.state.keys ?? 10_000_000
  const book = new OrderBook(keys)
  await cluster.fresh([...inputs, ...OUTPUT])
  await book.write(cluster, keys)
  const peers = chosen(context, {
    payflow: payflowOf(context, { endsItself: false, args: ['--http', `127.0.0.1:${PORT}`, '--log-level', 'info'] }),
    streams: streamsOf(context, { transactional: true }),
  })
  const results = {}
  for (const peer of peers) {
    await cluster.fresh(OUTPUT, inputs)
    clear(peer)
    book.startOver()
    const building = await timed(cluster, peer, { ...context.env, ...peer.env }, { broker: context.broker, limitMs: LIMIT_MS }) // prettier-ignore
    report(`  ${peer.name}, ${book.written} orders are in it: ${JSON.stringify(building)}`)
    Object.assign(results, await killed(context, peer, book))
    clear(peer)
  }
  return results
}

async function killed(context, peer, book) {
  const { cluster, options, report, env } = context
  const over = new AbortController()
  const feeding = book.feed(cluster, PER_SECOND, over.signal)
  feeding.catch(() => undefined)
  let run
  const begin = () => (run = start({ ...peer, onLine: (line) => context.log?.(line) }, { ...env, ...peer.env }))
  const once = async () => {
    await run.end({ by: 'SIGKILL' })
    // Kafka Streams' member would be waited for until its session is over
    await cluster.vacate(Object.keys(peer.groups))
    const row = await readyAgain(cluster, peer, begin)
    await sleep(WORK_MS)
    return row
  }
  try {
    await readyAgain(cluster, peer, begin)
    await sleep(WORK_MS)
    const rows = await inTurn(Math.max(options.rounds, 2), { [peer.name]: once }, report)
    over.abort()
    await feeding
    await run.end()
    await cluster.vacate(Object.keys(peer.groups))
    await timed(cluster, peer, { ...env, ...peer.env }, { limitMs: LIMIT_MS })
    await book.verify(cluster)
    return rows
  } finally {
    over.abort()
    await run?.end()
  }
}

/** Seconds from the start of a process until it says that it is ready, and until its group has committed more; and how long the longest restore of a partition took. */
async function readyAgain(cluster, peer, begin) {
  const before = await cluster.committed(peer.groups)
  const started = performance.now()
  const run = begin()
  const seconds = () => (performance.now() - started) / 1_000
  let readySeconds
  let firstCommit
  while (readySeconds === undefined || firstCommit === undefined) {
    if (!run.running() || seconds() * 1_000 > LIMIT_MS) throw new Error(`${peer.name} does not get ready:\n${run.stderr().slice(-2_000)}`) // prettier-ignore
    if (readySeconds === undefined && (await isReady(peer, run))) readySeconds = seconds()
    const committed = await cluster.committed(peer.groups)
    if ([...committed].some(([key, offset]) => offset > before.get(key))) firstCommit ??= seconds()
    await sleep(LOOK_MS)
  }
  return { readySeconds, firstCommit, restoreSeconds: restoreSeconds(run) }
}

async function isReady(peer, run) {
  if (peer.name !== 'payflow') return run.stdout().includes('RUNNING')
  const answer = await fetch(`http://127.0.0.1:${PORT}/readyz`).catch(() => undefined)
  return answer?.status === 200
}

/** payflow's log says `restored … ms=…` of each partition, Kafka Streams' program `RESTORED partition records ms`. */
function restoreSeconds(run) {
  const found = [
    ...[...run.stderr().matchAll(/\brestored\b.*?\bms[=":]+(\d+)/g)].map(([, ms]) => Number(ms)),
    ...[...run.stdout().matchAll(/^RESTORED \d+ \d+ (\d+)$/gm)].map(([, ms]) => Number(ms)),
  ]
  return found.length === 0 ? 0 : Math.max(...found) / 1_000
}
