// npm run bench [-- --quick] [--events N] [--rounds N] [--only scenario,…] [--kafka 3.9|4] [--save]: see README.md
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBroker } from './rig/broker.mjs'
import { Cluster } from './rig/cluster.mjs'
import { six, streamsPeer } from './rig/peers.mjs'
import { cpuSeconds, killAll } from './rig/processes.mjs'
import { readStateOptions, stateOptions } from './rig/state-options.mjs'
import { worseThanBefore } from './report/changes.mjs'
import { load, machine, save } from './report/results.mjs'
import { markdown } from './report/table.mjs'

const scenarios = [
  'backlog',
  'latency',
  'partitions',
  'calm',
  'restore',
  'produce',
  'processes',
  'six',
  'memory',
  'handover',
  'faust',
  'state',
]
/** Measured only when named: hours at their full size. */
const onlyWhenNamed = ['state']

function parse() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      events: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      save: { type: 'boolean' },
      kafka: { type: 'string', default: '3.9' },
      ...stateOptions,
    },
  })
  const only = values.only?.split(',') ?? scenarios.filter((name) => !onlyWhenNamed.includes(name))
  const unknown = only.find((name) => !scenarios.includes(name))
  if (unknown) throw new Error(`no scenario ${unknown}: ${scenarios.join(', ')}`)
  const { quick = false, kafka } = values
  if (!['3.9', '4'].includes(kafka)) throw new Error('--kafka is 3.9 or 4')
  const options = {
    quick,
    kafka,
    events: Number(values.events ?? (quick ? 200_000 : 2_000_000)),
    rounds: Number(values.rounds ?? (quick ? 1 : 3)),
    state: readStateOptions(values, quick),
  }
  if (!(options.events >= 2 && options.rounds >= 1)) throw new Error('--events and --rounds are numbers')
  return {
    only,
    options: { ...options, events: options.events - (options.events % 2) },
    save: values.save ?? (!quick && kafka === '3.9'),
  }
}

/** No scenario is begun after that. */
const LIMIT_MS = 25 * 60_000
const report = (line) => process.stderr.write(`${line}\n`)

async function measure(name, broker, options) {
  const { title, run } = await import(`./scenarios/${name}.mjs`)
  report(title)
  const state = join(broker.home, 'kafka-streams-state')
  const cluster = new Cluster(broker.brokers)
  try {
    return await run({
      cluster,
      options,
      report,
      home: broker.home,
      env: { BROKERS: broker.brokers, PAYFLOW_BROKERS: broker.brokers, PAYFLOW_HOME: broker.home },
      broker: { cpu: () => cpuSeconds(broker.pid) },
      streams: streamsPeer(broker.brokers, { state, kafka: options.kafka }),
      sixStreams: streamsPeer(broker.brokers, { state, kafka: options.kafka, workers: six }),
      clear: (peer) => peer.state && rmSync(peer.state, { recursive: true, force: true }),
    })
  } finally {
    await cluster.close()
  }
}

const { only, options, save: saves } = parse()
const results = saves ? load() : { scenarios: {} }
const broker = await startBroker(options.kafka)
const end = async (code) => {
  killAll()
  await broker.stop()
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end(1))
let failed = false
for (const name of only) {
  if (performance.now() > LIMIT_MS) {
    failed = true
    report(`${name} is left out, 25 minutes have passed: npm run bench -- --only ${name}`)
    continue
  }
  try {
    const result = await measure(name, broker, options)
    if (!result) continue
    const now = { date: new Date().toISOString().slice(0, 10), machine: machine(), ...result }
    for (const line of worseThanBefore(name, load().scenarios[name], now)) report(line)
    results.scenarios[name] = now
    if (saves) save(results)
    failed ||= Object.values(result.peers).some((peer) => peer.failed)
  } catch (error) {
    failed = true
    report(`${name} failed: ${error.stack}`)
  }
}
process.stdout.write(markdown(results))
await end(failed ? 1 : 0)
