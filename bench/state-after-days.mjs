// How large the state of process-payments is after days of event time: live keys, memory, bytes of changelog.
// Usage: npm run build && node bench/state-after-days.mjs [--days 3] [--per-minute 1000]
// It runs a broker of its own in a directory that goes away at the end; PAYFLOW_KAFKA_JARS may name a directory of Kafka's jars.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Client } from '../dist/kafka/client.js'
import { readPartition } from '../dist/kafka/read.js'
import { listOffsets } from '../dist/kafka/offsets.js'
import { orderSource } from '../dist/pipeline/sources/orders.js'
import { paymentSource } from '../dist/pipeline/sources/payments.js'
import { produce } from '../dist/runtime/producers/produce.js'

const { values } = parseArgs({ options: { days: { type: 'string', default: '3' }, 'per-minute': { type: 'string', default: '1000' } } }) // prettier-ignore
const [days, perMinute] = [Number(values.days), Number(values['per-minute'])]
const count = days * 1440 * perMinute
const STATE = 'payflow-process-payments-state'
const bin = fileURLToPath(new URL('../bin/payflow.js', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'payflow-bench-'))
const env = { ...process.env, PAYFLOW_HOME: home, PAYFLOW_KAFKA_PORT: '0', PAYFLOW_ZOOKEEPER_PORT: '0', PAYFLOW_ENGINE: 'local' } // prettier-ignore
const payflow = (...argv) => execFileSync(process.execPath, [bin, ...argv], { env, stdio: ['ignore', 'pipe', 'ignore'] }).toString() // prettier-ignore
const say = (what, figure) => process.stdout.write(`${what.padEnd(58)} ${figure}\n`)
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

/** The worker in a process of its own, until it has caught up. Returns the memory that it had at most, and how long it took. */
async function worker() {
  const started = performance.now()
  const child = spawn(process.execPath, [bin, 'worker', 'process-payments', '--until-caught-up'], {
    env,
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let bytes = 0
  while (child.exitCode === null) {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
    if (kilobytes !== undefined) bytes = Math.max(bytes, Number(kilobytes) * 1024)
    await sleep(100)
  }
  if ((await ended) !== 0) throw new Error('the worker has failed')
  return { bytes, seconds: Number(((performance.now() - started) / 1000).toFixed(1)) }
}

/** Bytes of a topic's segments on disk. */
function size(directory, topic) {
  let bytes = 0
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true }))
    if (
      entry.isFile() &&
      entry.name.endsWith('.log') &&
      basename(entry.parentPath ?? entry.path).startsWith(`${topic}-`)
    )
      bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).size
  return bytes
}

async function liveKeys(client) {
  const connection = client.connect()
  const figures = { keys: 0, records: 0 }
  for (let partition = 0; partition < 3; partition++) {
    const at = [{ topic: STATE, partition }]
    const from = (await listOffsets(connection, at, 'earliest')).of(STATE, partition)
    const to = (await listOffsets(connection, at, 'stable')).of(STATE, partition)
    const live = new Set()
    for await (const { records } of readPartition(connection, {
      topic: STATE,
      partition,
      from,
      to,
      signal: AbortSignal.timeout(600_000),
    }))
      // prettier-ignore
      for (const cursor = records.cursor(); cursor.next(); figures.records++)
        if (cursor.valueText() === null) live.delete(cursor.keyText())
        else live.add(cursor.keyText())
    figures.keys += live.size - 1 // the progress record
  }
  return figures
}

if (process.env.PAYFLOW_KAFKA_JARS) symlinkSync(process.env.PAYFLOW_KAFKA_JARS, join(home, basename(process.env.PAYFLOW_KAFKA_JARS))) // prettier-ignore
payflow('infra', 'up')
try {
  payflow('topics', 'create')
  const { brokers } = JSON.parse(payflow('infra', 'status', '--json'))
  const client = new Client({ brokers })
  const clock = { seed: 1, startMs: Date.UTC(2026, 0, 1), intervalMs: 60_000 / perMinute }
  for (const source of [orderSource(clock), paymentSource({ ...clock, failureRate: 0.1 })])
    await produce({ client: { brokers }, source, rate: 'max', count, signal: new AbortController().signal, onProgress: () => undefined }) // prettier-ignore
  say(`orders and payments, each, ${perMinute} a minute for ${days} days`, count)
  const run = await worker()
  say('processed in', `${run.seconds} s, ${Math.round((2 * count) / run.seconds)}/s`)
  say('memory of the worker (RSS), at most', mb(run.bytes))
  say('changelog when it has just caught up', mb(size(home, STATE)))
  const { keys, records } = await liveKeys(client)
  say('live keys', `${keys} (${(keys / (1440 * perMinute)).toFixed(3)} days of orders)`)
  say('records in the changelog', records)
  await sleep(45_000)
  say('changelog 45 s later, the cleaner at its work', mb(size(home, STATE)))
  say('records in the changelog', (await liveKeys(client)).records)
  const again = await worker()
  say('a worker that restores it: seconds in all, memory (RSS)', `${again.seconds} s, ${mb(again.bytes)}`)
  await client.close()
} finally {
  payflow('infra', 'down', '--volumes')
  rmSync(home, { recursive: true, force: true })
}
