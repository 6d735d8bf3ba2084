// process-payments on disk, while event time moves on: its state grows for the first half, and is let go as fast as it comes in the second.
import { inputs } from '../../rig/cluster.mjs'
import { BatchWriter, idOf, numberOf, orderText, stampOf, totalOf, userOf } from '../../rig/order-book.mjs'
import { readPartition } from '../../../dist/kafka/read.js'
import { payflowPeer } from '../../rig/peers.mjs'
import { inTurn } from '../../rig/rounds.mjs'
import { timed } from '../../rig/watch.mjs'
import { join } from 'node:path'
import { LIMIT_MS } from './peers.mjs'
import { watchMemory } from './uniform.mjs'

const OUTPUT = 'order_status'
const USERS = 100_000
/** A payment comes that much later than its order. */
const LATER_MS = 5_000
const BATCH = 20_000
const statuses = ['PAID', 'DECLINED', 'UNKNOWN_ORDER']

/** What becomes of order i: of twenty, one is never paid, one payment fails, and one is for an order that does not exist, unless there is no time left to find that out. */
function fateOf(i, orders) {
  if (i % 20 === 0) return undefined
  if (i % 20 === 1) return 'DECLINED'
  return i % 20 === 2 && i < orders * 0.8 ? 'UNKNOWN_ORDER' : 'PAID'
}

export async function payments(context) {
  const { cluster, options, env, broker, report, clear, home } = context
  const orders = options.state.keys ?? 20_000_000
  const rate = options.state.orderRate
  const seconds = orders / rate
  // a day at this rate would be kept for a day: this is kept for half of what it lasts
  const retention = Math.max(1, Math.floor(seconds / 2))
  const wait = Math.max(1, Math.floor(seconds / 20))
  await cluster.fresh([...inputs, OUTPUT])
  const want = await write(cluster, orders, rate)
  report(`  ${orders} orders of ${Math.round(seconds)} s, kept for ${retention} s: about ${Math.round(orders / 2)} at a time`) // prettier-ignore
  const memorySetting = options.state.stateMemory ?? '0'
  const once = async () => {
    await cluster.fresh([OUTPUT], inputs)
    const commits = new Pauses()
    const peer = payflowPeer(['process-payments'], {
      args: ['--state-memory', memorySetting, '--retention', `${retention}s`, '--wait', `${wait}s`, '--log-level', 'debug'], // prettier-ignore
      state: join(home, 'state'),
      onLine: (line) => commits.read(line),
    })
    clear(peer)
    const memory = {}
    const onLook = watchMemory(memory, report)
    const row = await timed(cluster, peer, { ...env, PAYFLOW_STATE_DIR: peer.state }, { broker, limitMs: LIMIT_MS, onLook }) // prettier-ignore
    await verify(cluster, want)
    clear(peer)
    const { cpuSeconds, brokerCpuSeconds, rssMb } = row
    return { perSecond: Math.round((1.95 * orders) / row.seconds), seconds: row.seconds, cpuSeconds, brokerCpuSeconds, rssMb, ...memory, ...commits.figures() } // prettier-ignore
  }
  return inTurn(options.rounds, { payflow: once }, report)
}

/** Orders and payments. Returns status → number and sum of the payments. */
async function write(cluster, orders, rate) {
  const want = new Map(statuses.map((status) => [status, { count: 0, sum: 0 }]))
  const writer = await BatchWriter.open(cluster)
  // records have their event's time, and the broker would delete what is older than its retention
  const startMs = Math.floor(Date.now() / 1_000 - orders / rate) * 1_000
  const at = (i) => startMs + Math.floor((i * 1_000) / rate)
  for (let i = 0; i < orders;) {
    const first = i
    for (const end = Math.min(orders, i + BATCH); i < end; i++) {
      const user = userOf(i % USERS, USERS)
      const fate = fateOf(i, orders)
      if (fate !== 'UNKNOWN_ORDER') writer.add('orders', user, orderText(i, user, stampOf(at(i))))
      if (fate === undefined) continue
      writer.add('payments', user, paymentText(i, user, fate, stampOf(at(i) + LATER_MS)))
      want.get(fate).count++
      want.get(fate).sum += i
    }
    await writer.flush(at(first))
  }
  await writer.ended()
  return want
}

function paymentText(i, user, fate, stamp) {
  const cents = totalOf(i)
  const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
  return `{"payment_id":"${idOf(i).replace('-a000-', '-b000-')}","order_id":"${idOf(i)}","user_id":${user},"status":"${fate === 'DECLINED' ? 'FAILED' : 'SUCCESS'}","amount":${amount},"payment_method":"PayPal","timestamp":"${stamp}"}`
}

/** @throws unless each payment has the one status that it must have */
async function verify(cluster, want) {
  const got = new Map(statuses.map((status) => [status, { count: 0, sum: 0 }]))
  const ends = await cluster.ends([OUTPUT], 'stable')
  const reader = cluster.client.connect()
  for (const { topic, partition } of cluster.partitions([OUTPUT]))
    for await (const { records } of readPartition(reader, {
      topic,
      partition,
      from: 0,
      to: ends.of(topic, partition) ?? 0,
    }))
      // prettier-ignore
      for (const cursor = records.cursor(); cursor.next();) {
        const { status, order_id } = JSON.parse(cursor.valueText())
        const of = got.get(status)
        if (!of) throw new Error(`an order has the status ${status}`)
        of.count++
        of.sum += numberOf(order_id)
      }
  await reader.close()
  if (JSON.stringify([...got]) !== JSON.stringify([...want])) throw new Error(`${JSON.stringify([...got])} instead of ${JSON.stringify([...want])}`) // prettier-ignore
}

/** How far commits were from each other, by the worker's log. */
class Pauses {
  #last
  #longest = 0
  #over = 0
  #commits = 0

  read(line) {
    const entry = /\btransaction\b/.test(line) && /\bcommitted\b/.test(line) && /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(line)
    if (!entry) return
    const now = Date.parse(entry[0])
    const pause = now - (this.#last ?? now)
    this.#last = now
    this.#commits++
    if (pause > 200) this.#over++
    if (pause > this.#longest) this.#longest = pause
  }

  figures = () => ({ commits: this.#commits, longestPauseMs: this.#longest, pausesOver200Ms: this.#over })
}
