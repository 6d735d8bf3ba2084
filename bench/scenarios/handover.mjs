// Two processes share three workers at a steady rate; the older one is killed (-9), or told to end, and a new one begins.
// How long the outputs of its partitions stand still, and those of partitions that it never had.
import kafkajs from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import { PARTITIONS, inputs, outputs } from '../rig/cluster.mjs'
import { feed } from '../rig/feed.mjs'
import { describeGroups } from '../../dist/kafka/requests.js'
import { PauseWatch } from '../rig/pauses.mjs'
import { payflowPeer } from '../rig/peers.mjs'
import { start } from '../rig/processes.mjs'

export const title = 'Handover'

const RATE = 20_000
const SETTLE_MS = 4_000
const LIMIT_MS = 60_000
/** Output → the worker that writes it, its partition p from the inputs' partition p. */
const workers = {
  failed_payments: 'failed-payments',
  large_orders: 'large-orders',
  aggregated_revenue: 'aggregated-revenue',
}
const topics = Object.keys(workers)

async function until(condition, what) {
  const deadline = performance.now() + LIMIT_MS
  for (;;) {
    const found = await condition()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`${what}: not within ${LIMIT_MS / 1000} s`)
    await sleep(50)
  }
}

/** member → the outputs' partitions that it owns, once every group has so many members and is stable. */
function owners(cluster, members) {
  const look = async () => {
    const groups = await Promise.all(topics.map((topic) => described(cluster, `payflow-${workers[topic]}`)))
    if (groups.some((group) => group.state !== 'Stable' || group.members.length !== members)) return undefined
    return new Map(
      groups.flatMap((group, i) =>
        group.members.map(({ memberId, memberAssignment }) => {
          const { assignment } = kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)
          const [partitions = []] = Object.values(assignment)
          return [memberId, partitions.map((partition) => `${topics[i]}/${partition}`)]
        }),
      ),
    )
  }
  return until(() => look().catch(() => undefined), `${members} members in every group`)
}

async function described({ connection }, group) {
  const { groups } = await describeGroups(await connection.coordinator('group', group), { groupIds: [group] })
  return groups[0]
}

const longest = (pauses, partitions) => Math.round(Math.max(...partitions.map((partition) => pauses.get(partition))))

/** What partitions stood still for, by whether `mine` has them, from now until `done` and a while longer. */
async function pausesUntil(watch, mine, done) {
  watch.reset()
  await done()
  await sleep(SETTLE_MS)
  const pauses = watch.pauses()
  const others = [...pauses.keys()].filter((partition) => !mine.includes(partition))
  return { concernedMs: longest(pauses, mine), othersMs: longest(pauses, others) }
}

export async function run({ cluster, env, options, report }) {
  await cluster.fresh([...inputs, ...outputs])
  const over = new AbortController()
  const feeding = feed(cluster, RATE, over.signal)
  feeding.catch(() => undefined)
  const begin = () => start(payflowPeer(Object.values(workers), { endsItself: false, args: [] }), env)
  const running = [begin()]
  const rows = { 'no fault': [], 'kill -9': [], SIGTERM: [] }
  const watch = await PauseWatch.open(cluster.brokers, topics)
  try {
    let before = await owners(cluster, 1)
    await until(() => watch.partitions === topics.length * PARTITIONS, 'outputs in every partition')
    for (let round = 0; round < 2 * Math.max(2, options.rounds); round++) {
      running.push(begin())
      const now = await owners(cluster, 2)
      await sleep(SETTLE_MS)
      const mine = [...before.keys()].flatMap((member) => now.get(member) ?? [])
      if (mine.length === 0) throw new Error('the older process has no partition')
      rows['no fault'].push(await pausesUntil(watch, mine, () => sleep(SETTLE_MS)))
      const name = round % 2 === 0 ? 'kill -9' : 'SIGTERM'
      const victim = running.shift()
      const row = await pausesUntil(watch, mine, async () => {
        const ended = victim.end({ by: name === 'kill -9' ? 'SIGKILL' : 'SIGTERM' })
        before = await owners(cluster, 1)
        await ended
      })
      rows[name].push(row)
      report(`  ${name}: ${JSON.stringify(row)}`)
    }
  } finally {
    over.abort()
    await watch.close()
    for (const process of running) await process.end()
    await feeding.catch(() => undefined)
  }
  return { rate: RATE, peers: Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, worst(list)])) }
}

const worst = (list) => ({
  concernedMs: Math.max(...list.map((row) => row.concernedMs)),
  othersMs: Math.max(...list.map((row) => row.othersMs)),
  faults: list,
})
