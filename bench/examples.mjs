// The three workers of examples/ and the same three in Kafka Streams: outputs compared record for record, throughput, CPU, lines of code.
// Usage: npm run build && node bench/examples.mjs [--orders 200000] [--rounds 3] [--only fraud-score], after building the peer (bench/README.md)
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { OutputBuffers } from '../dist/kafka/output-buffers.js'
import { partitionOf } from '../dist/kafka/partitioner.js'
import { readPartition } from '../dist/kafka/read.js'
import { IdempotentProducer } from '../dist/runtime/producers/idempotent.js'
import { startBroker } from './rig/broker.mjs'
import { Cluster } from './rig/cluster.mjs'
import { countryRows, foreignOrders, lastOrders } from './rig/foreign-orders.mjs'
import { payflow } from './rig/peers.mjs'
import { cpuSeconds, start } from './rig/processes.mjs'
import { median } from './rig/rounds.mjs'

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
})
const [count, rounds] = [Number(values.orders), Number(values.rounds)]
const PARTITIONS = 6
const LIMIT_MS = 600_000
/** Ends of transactions take offsets, too: of two threads at most so many lie after the last record. */
const MARKERS = 3
const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const streams = at('peers/kafka-streams/target')
const java = (name) => at(`peers/kafka-streams/src/main/java/examples/${name}.java`)
const report = (line) => process.stdout.write(`${line}\n`)

/** fraud-score is the last: the orders that end its sessions would spoil the others' backlog. */
const examples = [
  { name: 'items-per-currency', source: 'ItemsPerCurrency', output: 'items_per_currency', repartition: 'by-currency', inputs: ['orders'] },
  { name: 'orders-with-vat', source: 'OrdersWithVat', output: 'orders_with_vat', repartition: 'by-country', inputs: ['orders', 'countries'] },
  { name: 'fraud-score', source: 'FraudScore', output: 'fraud_scores', repartition: 'by-customer', inputs: ['orders'] },
] // prettier-ignore

/** Lines that are neither empty nor comments; imports and `package` are counted apart. */
function lines(file) {
  const code = readFileSync(file, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '').split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')) // prettier-ignore
  const imports = code.filter((line) => /^(import|package) /.test(line)).length
  return { all: code.length, own: code.length - imports }
}

function payflowPeer({ name, output, inputs }) {
  return {
    name: 'payflow',
    output,
    reads: [...inputs, `payflow-${name}-inbox`],
    group: `payflow-${name}`,
    commands: [[process.execPath, payflow, 'worker', at(`../examples/${name}.js`), '--quiet']],
  }
}
function streamsPeer({ name, output, repartition, inputs }, { home, brokers }) {
  const state = join(home, 'streams')
  return {
    name: 'Kafka Streams',
    output: `streams_${output}`,
    reads: [...inputs, `streams-${name}-${repartition}-repartition`],
    group: `streams-${name}`,
    commands: [['java', '-cp', `${join(streams, 'classes')}:${join(streams, 'lib')}/*`, 'examples.Main', brokers, state, '2', name]], // prettier-ignore
    state,
  }
}

async function write(cluster, topic, records) {
  const producer = await IdempotentProducer.open(cluster.client.connect(), { patienceMs: 30_000, compression: 'lz4' })
  const buffers = new OutputBuffers()
  const flush = async () => {
    for (const round of buffers.rounds()) await producer.send(round, () => 30_000)
    buffers.clear()
  }
  for (const { key, value } of records) {
    buffers.append(topic, partitionOf(key, PARTITIONS), key, value)
    if (buffers.count >= 20_000) await flush()
  }
  await flush()
}

async function readBack(cluster, topic) {
  const ends = await cluster.ends([topic], 'stable')
  const reader = cluster.client.connect()
  const found = []
  for (const { partition } of cluster.partitions([topic]))
    for await (const { records } of readPartition(reader, { topic, partition, from: 0, to: ends.of(topic, partition) ?? 0 })) // prettier-ignore
      for (const cursor = records.cursor(); cursor.next();) found.push({ partition, key: cursor.keyText(), value: JSON.parse(cursor.valueText()) }) // prettier-ignore
  await reader.close()
  return found
}

/** From the start of the process until its group has committed all that there is to read: of what it wrote for itself, too. */
async function run(cluster, peer, env, broker, isComplete = () => true) {
  const brokerBefore = cpuSeconds(broker.pid)
  const started = performance.now()
  const process = start(peer, env)
  /** What is left to read, as `topic/partition: committed of end`. */
  const left = async () => {
    const committed = await cluster.committed({ [peer.group]: peer.reads })
    const found = []
    for (const topic of peer.reads) {
      const ends = await cluster.ends([topic]).catch(() => undefined)
      if (!ends) return [`${topic} is not there`]
      const slack = topic === 'orders' || topic === 'countries' ? 0 : MARKERS
      for (const { partition } of cluster.partitions([topic])) {
        const [at, end] = [committed.get(`${topic}/${partition}`) ?? 0, ends.of(topic, partition) ?? 0]
        if (at < end - slack) found.push(`${topic}/${partition}: ${at} of ${end}`)
      }
    }
    return found
  }
  for (;;) {
    const open = await left()
    if (open.length === 0 && (await isComplete())) break
    if (!process.running() || performance.now() - started > LIMIT_MS) {
      await process.end()
      throw new Error(`${peer.name} did not finish: ${open.join(', ')}\n${process.stderr()}`)
    }
    await sleep(50)
  }
  const seconds = (performance.now() - started) / 1_000
  const { cpuSeconds: cpu, rssMb } = await process.end()
  return { seconds, cpu, rssMb, brokerCpu: cpuSeconds(broker.pid) - brokerBefore }
}

const sorted = (all) => all.map((each) => JSON.stringify(each)).sort()
function mustBeSame(what, found, expected) {
  const [a, b] = [sorted(found), sorted(expected)]
  const i = a.findIndex((text, n) => text !== b[n])
  if (a.length !== b.length || i >= 0) throw new Error(`${what}: ${a.length} records, and ${b.length} are right; ${a[i]} instead of ${b[i]}`) // prettier-ignore
}

/** Every record of an output against what the definition says, computed of the orders by other means. */
const rightness = {
  // the order of records of several partitions is not given: each sum must be one order more than the one before, each order must be in one
  'items-per-currency': (found, orders) => {
    for (const currency of ['USD', 'EUR', 'GBP']) {
      const of = found.filter(({ key }) => key === currency)
      const steps = of.map(({ value, partition }, i) => {
        const before = of[i - 1]?.value ?? { orders: 0, items: 0, revenue: 0 }
        if (value.orders !== before.orders + 1 || value.currency !== currency || partition !== of[0].partition) throw new Error(`${currency}: ${JSON.stringify(value)} after ${JSON.stringify(before)}`) // prettier-ignore
        return [value.items - before.items, Math.round(value.revenue * 100) - Math.round(before.revenue * 100)]
      })
      const sold = orders.filter((order) => order.currency === currency && order.status !== 'cancelled')
      mustBeSame(currency, steps, sold.map(({ quantities, cents }) => [quantities.reduce((a, b) => a + b), cents])) // prettier-ignore
    }
  },
  'orders-with-vat': (found, orders) => {
    const rows = new Map(countryRows.map(({ row }) => [row.country, row]))
    const expected = orders.map(({ order_id, country, cents }) => {
      const row = rows.get(country)
      const vat = row ? Number((BigInt(cents) * BigInt(row.tenths) + 500n) / 1_000n) / 100 : null
      return { order_id, country, is_eu: row?.is_eu ?? null, net: cents / 100, vat }
    })
    mustBeSame('VAT', found.map(({ value }) => value), expected) // prettier-ignore
  },
  'fraud-score': (found, orders) => {
    const byCustomer = new Map()
    for (const order of orders) byCustomer.set(order.customer_email, [...(byCustomer.get(order.customer_email) ?? []), order]) // prettier-ignore
    const expected = []
    for (const [customer_email, all] of byCustomer) {
      all.sort((a, b) => a.created_at - b.created_at)
      for (let from = 0, to = 1; from < all.length; from = to++) {
        while (to < all.length && all[to].created_at - all[to - 1].created_at <= 60_000) to++
        const burst = all.slice(from, to)
        const different = (field) => new Set(burst.map((order) => order[field])).size
        const largest = Math.max(...burst.map(({ cents }) => cents))
        const score = [0, 25, 50][Math.min(burst.length - 1, 2)] + (largest > 150_000 ? 10 : 0) + (different('currency') > 1 ? 15 : 0) + (different('country') > 1 ? 25 : 0) // prettier-ignore
        if (score >= 10) expected.push({ customer_email, start: burst[0].created_at, end: burst.at(-1).created_at, orders: burst.length, largest: largest / 100, score }) // prettier-ignore
      }
    }
    mustBeSame('scores', found.map(({ value }) => value), expected) // prettier-ignore
  },
}

function isRight(name, found, orders) {
  try {
    rightness[name](found, orders)
    return true
  } catch {
    return false
  }
}

/** One for each partition, which knows its own event time only. */
function customersOfAllPartitions() {
  const found = new Map()
  for (let n = 0; found.size < PARTITIONS; n++) {
    const email = `last${n}@example.org`
    const partition = partitionOf(email, PARTITIONS)
    if (!found.has(partition)) found.set(partition, email)
  }
  return [...found.values()]
}

async function compare(example, { cluster, env, broker, orders }) {
  const { name, source } = example
  const peers = [payflowPeer(example), streamsPeer(example, broker)]
  const rows = new Map(peers.map((peer) => [peer.name, []]))
  for (let round = 0; round < rounds; round++) {
    await cluster.fresh(peers.map(({ output }) => output), ['orders', 'countries']) // prettier-ignore
    rmSync(peers[1].state, { recursive: true, force: true })
    for (const peer of round % 2 === 0 ? peers : peers.toReversed()) rows.get(peer.name).push(await run(cluster, peer, env, broker)) // prettier-ignore
  }
  if (name === 'fraud-score') {
    await write(cluster, 'orders', lastOrders(customersOfAllPartitions()))
    for (const peer of peers) {
      await cluster.vacate([peer.group])
      // those few that end the sessions are within what is taken for markers
      await run(cluster, peer, env, broker, async () => isRight(name, await readBack(cluster, peer.output), orders))
    }
  }
  const found = []
  for (const peer of peers) {
    const records = await readBack(cluster, peer.output)
    try {
      rightness[name](records, orders)
    } catch (cause) {
      throw new Error(`${peer.name} is not right: ${cause.message}`, { cause })
    }
    found.push(records)
  }
  if (name !== 'items-per-currency') mustBeSame(name, ...found)
  report(`${name}: ${found[0].length} records of payflow, ${found[1].length} of Kafka Streams, all of them right`)
  const middle = (peer, figure) => median(rows.get(peer.name).map((row) => row[figure]))
  for (const peer of peers) report(`  ${peer.name.padEnd(14)} ${JSON.stringify(rows.get(peer.name).map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, Math.round(v * 10) / 10]))))}`) // prettier-ignore
  const ratio = (figure) => (middle(peers[0], figure) / middle(peers[1], figure)).toFixed(2)
  report(`  payflow / Kafka Streams: time ${ratio('seconds')}, CPU ${ratio('cpu')}, broker's CPU ${ratio('brokerCpu')}, memory ${ratio('rssMb')}`) // prettier-ignore
  const [js, other] = [lines(at(`../examples/${name}.js`)), lines(java(source))]
  report(`  lines: ${js.own} (${js.all} with imports) and ${other.own} (${other.all})`)
}

const broker = await startBroker()
const cluster = new Cluster(broker.brokers, PARTITIONS)
const end = async (code) => {
  await cluster.close()
  await broker.stop()
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end(1))
try {
  const env = { PAYFLOW_BROKERS: broker.brokers, PAYFLOW_HOME: broker.home }
  const all = [...foreignOrders(count)]
  await cluster.fresh(['orders', 'countries'])
  await write(cluster, 'countries', countryRows)
  await write(cluster, 'orders', all)
  const orders = all.map(({ order }) => order)
  report(`${count} orders in ${PARTITIONS} partitions, lz4, ${rounds} rounds`)
  for (const example of examples.filter(({ name }) => (values.only ?? name) === name))
    await compare(example, { cluster, env, broker, orders })
  const shared = ['orders.js'].map((file) => lines(at(`../examples/${file}`)).own)
  report(`shared: ${shared[0]} lines of orders.js; ${['Order', 'Json', 'Main'].map((name) => `${lines(java(name)).own} of ${name}.java`).join(', ')}`) // prettier-ignore
  await end(0)
} catch (error) {
  report(error.stack)
  await end(1)
}
