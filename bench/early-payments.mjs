// What order_status holds when payments come so many minutes of event time before their orders.
// Usage: npm run build && node bench/early-payments.mjs [--count 30000]
// It runs a broker of its own in a directory that goes away at the end; PAYFLOW_KAFKA_JARS may name a directory of Kafka's jars.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Client } from '../dist/kafka/client.js'
import { readPartition } from '../dist/kafka/read.js'
import { listOffsets } from '../dist/kafka/offsets.js'

const { values } = parseArgs({ options: { count: { type: 'string', default: '30000' } } })
const bin = fileURLToPath(new URL('../bin/payflow.js', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'payflow-bench-'))
const env = { ...process.env, PAYFLOW_HOME: home, PAYFLOW_KAFKA_PORT: '0', PAYFLOW_ZOOKEEPER_PORT: '0', PAYFLOW_ENGINE: 'local' } // prettier-ignore
const payflow = (...argv) => execFileSync(process.execPath, [bin, ...argv], { env, stdio: ['ignore', 'pipe', 'ignore'] }).toString() // prettier-ignore

/** How many payments have had which statuses, in their order. */
async function histories(client) {
  const connection = client.connect()
  const byPayment = new Map()
  for (let partition = 0; partition < 3; partition++) {
    const to = (await listOffsets(connection, [{ topic: 'order_status', partition }], 'stable')).of('order_status', partition) // prettier-ignore
    for await (const { records } of readPartition(connection, {
      topic: 'order_status',
      partition,
      from: 0,
      to,
      signal: AbortSignal.timeout(60_000),
    }))
      // prettier-ignore
      for (const cursor = records.cursor(); cursor.next(); ) {
        const { payment_id, status } = JSON.parse(cursor.valueText())
        byPayment.set(payment_id, [...(byPayment.get(payment_id) ?? []), status])
      }
  }
  const counts = {}
  for (const said of byPayment.values()) counts[said.join(', then ')] = (counts[said.join(', then ')] ?? 0) + 1
  return counts
}

if (process.env.PAYFLOW_KAFKA_JARS) symlinkSync(process.env.PAYFLOW_KAFKA_JARS, join(home, basename(process.env.PAYFLOW_KAFKA_JARS))) // prettier-ignore
payflow('infra', 'up')
try {
  const { brokers } = JSON.parse(payflow('infra', 'status', '--json'))
  for (const minutes of [9, 11]) {
    payflow('topics', 'reset')
    const common = ['--seed', '1', '--rate', 'max', '--count', values.count]
    payflow('produce', 'payments', ...common, '--start', '2026-01-01T00:00:00Z')
    payflow('produce', 'orders', ...common, '--start', `2026-01-01T00:${String(minutes).padStart(2, '0')}:00Z`)
    payflow('worker', 'process-payments', '--until-caught-up')
    const client = new Client({ brokers })
    process.stdout.write(`${values.count} payments ${minutes} minutes before their orders: ${JSON.stringify(await histories(client))}\n`) // prettier-ignore
    await client.close()
  }
} finally {
  payflow('infra', 'down', '--volumes')
  rmSync(home, { recursive: true, force: true })
}
