// What is compared: commands, and the groups they read with and what each of those reads.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
export const payflow = at('../../bin/payflow.js')

export const four = ['failed-payments', 'large-orders', 'aggregated-revenue', 'frequent-failed-payments']
/** What each worker reads. */
const reads = {
  'failed-payments': ['payments'],
  'large-orders': ['payments'],
  'aggregated-revenue': ['orders'],
  'frequent-failed-payments': ['failed_payments'],
  'process-orders': ['orders', 'users'],
  'process-payments': ['orders', 'payments'],
}
export const six = Object.keys(reads)
const groupsOf = (prefix, workers) => Object.fromEntries(workers.map((name) => [`${prefix}-${name}`, reads[name]]))
const everFailing = ['--frequent-failed-payments.window', 'all']

/** Kafka Streams of the same version as the broker. */
const streamsOf = { 3.9: at('../peers/kafka-streams/target'), 4: at('../peers/kafka-streams/target-4') }
const faust = at('../peers/faust')

/** `endsItself`: when nothing is left to read. */
export function payflowPeer(workers = four, { endsItself = true, instances = 1, args = everFailing, ...more } = {}) {
  const one = [process.execPath, payflow, 'worker', ...workers, ...(endsItself ? ['--until-caught-up', '--json'] : [])]
  const command = [...one, ...args]
  return {
    name: 'payflow',
    endsItself,
    groups: groupsOf('payflow', workers),
    commands: Array.from({ length: instances }, () => command),
    ...more,
  }
}

export const fastPeer = {
  name: 'fast.mjs',
  groups: groupsOf('peer', four),
  commands: [[process.execPath, at('../peers/kafkajs/fast.mjs')]],
}
export const kafkajsPeer = {
  name: 'bare kafkajs',
  groups: groupsOf('peer', four),
  commands: [[process.execPath, at('../peers/kafkajs/workers.mjs')]],
}

/** Undefined when it is not built (bench/README.md). `state` is a directory that it may fill; `config` a file of settings. */
export function streamsPeer(brokers, { state, kafka = '3.9', workers = four, config }) {
  const directory = streamsOf[kafka]
  if (!existsSync(join(directory, 'lib'))) return undefined
  const classPath = `${join(directory, 'classes')}:${join(directory, 'lib')}/*`
  const which = workers.length > four.length ? ['-Dsix'] : workers.length === 1 ? ['-Drevenue'] : []
  if (config !== undefined) which.push(`-Dconfig=${config}`)
  return {
    name: 'Kafka Streams',
    groups: { 'peer-kafka-streams': [...new Set(workers.flatMap((worker) => reads[worker]))] },
    commands: [['java', '-cp', classPath, ...which, 'Pipeline', brokers, 'exactly_once_v2', state, '2']],
    state,
  }
}

/** Undefined when it is not installed (bench/README.md). At least once: its exactly-once mode is experimental. */
export function faustPeer() {
  const program = join(faust, 'venv/bin/faust')
  if (!existsSync(program)) return undefined
  return {
    name: 'Faust',
    groups: { 'peer-faust': ['orders', 'payments', 'failed_payments'] },
    commands: [[program, '-A', 'pipeline', 'worker', '-l', 'error']],
    cwd: faust,
  }
}
