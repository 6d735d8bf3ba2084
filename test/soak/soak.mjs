#!/usr/bin/env node
// Breaks a running payflow for a long time and checks all that it wrote with readers that are not payflow's. See README.md.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compactSoon, startCluster } from './cluster.mjs'
import { Faults, ownFaults, workers } from './faults.mjs'
import { Memory } from './memory.mjs'
import { copyOf, mutationNames } from './mutate.mjs'
import { payflowIn, run } from './payflow.mjs'
import { judge, markdown } from './report.mjs'
import { eventOf } from './stalls.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '..', '..')
const outputs = ['failed_payments', 'large_orders', 'aggregated_revenue', 'frequent_failed_payments', 'enriched_orders', 'order_status'] // prettier-ignore
const partitions = 6
/** The workers of examples/, over orders of another program. */
const exampleNames = ['items-per-currency', 'fraud-score', 'orders-with-vat']
const exampleOutputs = ['items_per_currency', 'orders_with_vat', 'fraud_scores']

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    seed: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '3' },
    rate: { type: 'string', default: '340' },
    chaos: { type: 'string', default: '--mixed' },
    'broker-down': { type: 'string', default: '70' },
    'own-faults': { type: 'string', default: 'yes' },
    'state-memory': { type: 'string', default: '' },
    examples: { type: 'boolean', default: false },
    mutate: { type: 'string', default: 'none' },
    out: { type: 'string', default: join(root, 'soak-reports') },
    keep: { type: 'boolean', default: false },
  },
})
const options = {
  ...given,
  minutes: Number(given.minutes),
  seed: Number(given.seed),
  nodes: Number(given.nodes),
  rate: Number(given.rate),
  brokerDownS: Number(given['broker-down']),
  ownFaults: ownFaults(given['own-faults']),
}
const examples = options.examples ? exampleNames.map((name) => ({ name, word: join(here, 'examples', `${name}.mjs`) })) : [] // prettier-ignore
const names = [...workers, ...examples].map(({ name }) => name)
if (options.mutate !== 'none' && !mutationNames.includes(options.mutate))
  throw new Error(`--mutate is none or one of ${mutationNames.join(', ')}`)
if (spawnSync('python3', ['-c', 'import confluent_kafka']).status !== 0)
  throw new Error('the checks need confluent-kafka: python3 -m pip install confluent-kafka')

const startedMs = Date.now()
const say = (text) => process.stderr.write(`${((Date.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${text}\n`)
const home = mkdtempSync(join(tmpdir(), 'payflow-soak-'))
const env = {
  ...process.env,
  PAYFLOW_HOME: home,
  PAYFLOW_KAFKA_PORT: '0',
  PAYFLOW_ZOOKEEPER_PORT: '0',
  PAYFLOW_NODES: String(options.nodes),
  PAYFLOW_PARTITIONS: String(partitions),
  NO_COLOR: '1',
  ...(options['state-memory'] !== '' && { PAYFLOW_STATE_MEMORY: options['state-memory'] }),
}
const payflow = { ...payflowIn(copyOf(root, home, options.mutate), env), env }
/** A reader in another language; what it says on stderr is shown. */
const python = (script, argv) => run('python3', ['-B', '-X', 'faulthandler', join(here, script), ...argv], { env, onLine: (line) => say(`${script}: ${line}`) }) // prettier-ignore

/** Producers of orders, payments and users: of so many, or until they are told to stop. `done` has what was acknowledged of each topic. */
function produce(round, count) {
  const start = new Date(startedMs + round * 3_600_000).toISOString()
  const producers = ['orders', 'payments', 'users'].map((kind) => {
    const rate = kind === 'users' ? options.rate / 20 : options.rate
    const limit = count === undefined ? [] : ['--count', String(kind === 'users' ? Math.ceil(count / 20) : count)]
    return payflow.start(['produce', kind, '--rate', String(rate), ...limit, '--seed', String(options.seed + round), '--start', start, '--json'], { onLine: (line) => /error|never/i.test(line) && say(`${kind}: ${line}`) }) // prettier-ignore
  })
  const foreign = examples.length > 0 ? [writeForeign('orders', options.seed + round, Math.ceil(options.rate / 8), ...(count === undefined ? [] : [Math.ceil(count / 4)]))] : [] // prettier-ignore
  const done = Promise.all(
    [...producers, ...foreign].map(async ({ ended }) => {
      const { code, lines } = await ended
      if (code !== 0) throw new Error(`a producer ended with ${code}`)
      const { topic, records } = JSON.parse(lines.at(-1))
      return [topic, records]
    }),
  ).then(Object.fromEntries)
  done.catch(() => undefined) // who waits for it hears of it
  return { done, stop: () => [...producers, ...foreign].forEach(({ kill }) => kill('SIGTERM')) }
}

/** Goes past the proxies: it is no part of what is broken. */
const writeForeign = (...words) => python('foreign_orders.py', [cluster.direct.join(), ...words.map(String)])

/** @returns what was acknowledged */
async function foreign(what) {
  const { code, lines } = await writeForeign(what).ended
  if (code !== 0) throw new Error(`foreign_orders.py ${what} ended with ${code}`)
  return JSON.parse(lines.at(-1)).records
}

/** A fresh instance of each worker; resolves once all have their partitions. */
async function startWorkers() {
  const ready = new Set()
  const processes = payflow.start(['worker', 'all', ...examples.map(({ word }) => word), '--verbose'], {
    onLine: (line) => {
      appendFileSync(log, `${new Date().toISOString()} ${line}\n`)
      const [, worker, what] = /^([a-z-]+): (.*)$/.exec(line) ?? []
      if (what?.startsWith('partitions ')) ready.add(worker)
      if (what?.startsWith('died')) deaths.push(line)
    },
  })
  while (ready.size < names.length) await sleep(100)
  return {
    pid: processes.pid,
    async stop() {
      processes.kill('SIGTERM')
      await processes.ended
    },
  }
}

mkdirSync(options.out, { recursive: true })
/** What the report and the log of the workers are called, but for their endings. */
const name = join(
  options.out,
  `seed-${options.seed}${options.examples ? '-examples' : ''}${options.mutate === 'none' ? '' : `-${options.mutate}`}`,
)
const log = `${name}.log`
writeFileSync(log, '')
const timeline = []
let faults
const deaths = []
// However this ends, no broker stays behind.
process.on('exit', () => {
  spawnSync(process.execPath, [`${root}/bin/payflow.js`, 'infra', 'down', ...(options.keep ? [] : ['--volumes'])], {
    env,
  })
  if (!options.keep) rmSync(home, { recursive: true, force: true })
})
const cluster = await startCluster(payflow, home)
process.exit(await soak())

async function soak() {
  await payflow.call('topics', 'create')
  if (options.examples) {
    await payflow.call('topics', 'create', 'foreign_orders', 'countries', ...exampleOutputs)
    await foreign('countries')
  }
  const watcher = python('watch.py', [cluster.direct.join(), ...outputs, ...(options.examples ? exampleOutputs : [])])
  while (!watcher.lines.includes('watching')) await sleep(100)
  let processes = await startWorkers()
  const memory = new Memory(home, processes.pid)
  const chaosS = options.minutes * 60
  // every order must find its country
  if (options.examples) await caughtUp()
  const load = produce(0)
  say(`seed ${options.seed}: faults for ${options.minutes} minutes`)
  const chaos = await breakThings(chaosS)
  await takeBrokerDown()
  const loadEndMs = Date.now()
  load.stop()
  const acked = [await load.done]
  say(`acknowledged: ${JSON.stringify(acked[0])}`)
  const rounds = [await caughtUp()]
  memory.end()
  // Twice instances that know nothing go on from what a changelog holds: as it was written, then compacted.
  await compactSoon(cluster.admin, names.map((worker) => `payflow-${worker}-state`)) // prettier-ignore
  for (const round of [1, 2]) {
    await processes.stop()
    say('all workers have ended')
    processes = await startWorkers()
    say('fresh ones have their partitions')
    acked.push(await produce(round, 3_000).done)
    rounds.push(await caughtUp())
    await sleep(20_000)
  }
  if (options.examples) {
    // what is an hour later must not overtake what is still on its way
    acked.push({ foreign_orders: await foreign('last') })
    rounds.push(await caughtUp())
  }
  await processes.stop()
  say('checking everything')
  watcher.kill('SIGTERM')
  const watched = (await watcher.ended).lines.at(-1)
  writeFileSync(join(home, 'watched.json'), watched)
  const total = acked.reduce((sum, part) => ({ ...sum, ...Object.fromEntries(Object.entries(part).map(([kind, n]) => [kind, n + (sum[kind] ?? 0)])) }), {}) // prettier-ignore
  const indexes = JSON.parse((await python('replicas.py', [join(home, 'data')]).ended).lines.at(-1) ?? '{}')
  const verified = await verify([
    '--keyed',
    '--acked',
    JSON.stringify(total),
    '--watched',
    join(home, 'watched.json'),
    ...(options.examples ? ['--examples'] : []),
  ])
  const audit = await payflow.start(['audit', '--json'], { onLine: (line) => say(`audit: ${line}`) }).ended
  const report = judge({ options, acked: total, loadEndMs, chaos, own: faults.counts, timeline, deaths, rounds, memory: memory.figures(), watched: JSON.parse(watched), verified, indexes, audit: { code: audit.code, report: JSON.parse(audit.lines.at(-1) ?? 'null') }, seconds: Math.round((Date.now() - startedMs) / 1000) }) // prettier-ignore
  return publish(report)
}

/** What verify.py found; it reads only, so a crash of its own is asked again. @throws when it ended twice without a word; then the data stay */
async function verify(argv, again = true) {
  const { code, signal, lines } = await python('verify.py', [cluster.direct.join(), ...argv]).ended
  const found = lines.at(-1)
  if (found !== undefined) return JSON.parse(found)
  const silence = `verify.py ended with ${signal ?? code} and found nothing`
  say(silence)
  if (again) return verify(argv, false)
  options.keep = true
  throw new Error(`${silence}; the cluster is kept in ${home}`)
}

/** `payflow chaos` and the faults that it does not know, at the same time. Returns what chaos reports. */
async function breakThings(seconds) {
  const ended = new AbortController()
  faults = new Faults({
    examples,
    seed: options.seed,
    payflow,
    cluster,
    partitions,
    timeline,
    intervals: options.ownFaults,
  })
  // it counts the instances there are: one that comes for a fault of ours must not be among them
  let begins
  const begun = new Promise((resolve) => (begins = resolve))
  const chaos = payflow.start(['chaos', '--for', `${seconds}s`, '--seed', String(options.seed), ...options.chaos.split(' '), '--json'], { onLine }) // prettier-ignore
  function onLine(line) {
    if (/^seed /.test(line)) begins()
    const event = eventOf(line)
    if (event) timeline.push(event)
    if (!event && !/ s  /.test(line)) say(`chaos: ${line}`)
  }
  await Promise.race([begun, chaos.ended])
  const own = faults.run(ended.signal)
  await sleep(seconds * 1000)
  ended.abort()
  await own
  const { code, lines } = await chaos.ended
  say(`chaos ended with ${code}`)
  return { code, documents: lines.map((line) => JSON.parse(line)) }
}

/** One broker away for longer than any timeout, while everything goes on. */
async function takeBrokerDown() {
  if (options.nodes < 3 || options.brokerDownS === 0) return
  const name = `kafka-${options.seed % options.nodes}`
  const { pid } = JSON.parse(readFileSync(join(home, 'run', `${name}.pid`), 'utf8'))
  process.kill(pid, 'SIGKILL')
  timeline.push({ atMs: Date.now(), kind: 'broker down', away: true })
  faults.counts[`broker down for ${options.brokerDownS} s`] = 1
  await sleep(options.brokerDownS * 1000)
  await payflow.call('infra', 'up', '--engine', 'local')
  timeline.push({ atMs: Date.now(), kind: 'broker down', back: true })
}

/** Seconds until every group stands at the end of its inputs and nothing hangs; undefined when that takes too long. */
async function caughtUp() {
  const { code, lines } = await python('caught_up.py', [
    cluster.direct.join(),
    '120',
    ...(options.examples ? ['--examples'] : []),
  ]).ended
  say(`caught up: ${lines.at(-1)}`)
  return { ok: code === 0, ...JSON.parse(lines.at(-1)) }
}

function publish(report) {
  writeFileSync(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(`${name}.md`, markdown(report))
  process.stdout.write(markdown(report))
  const found = report.violations.length > 0
  if (found && options.mutate === 'none') {
    options.keep = true // what the brokers hold is the evidence
    say(`the cluster is kept in ${home}`)
  }
  // A mutation that nobody notices is what fails.
  return (options.mutate === 'none') === found ? 4 : 0
}
