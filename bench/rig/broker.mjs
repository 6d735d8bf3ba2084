// A broker of the bench's own: payflow's local engine with a temporary PAYFLOW_HOME and free ports.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withLock } from '../../dist/infra/lock.js'
import { ensureJars } from '../../dist/infra/local/jars.js'
import { layoutOf } from '../../dist/infra/local/layout.js'
import { readStates } from '../../dist/infra/local/services.js'
import { payflow } from './peers.mjs'

const run = promisify(execFile)
const report = (line) => process.stderr.write(`${line}\n`)

/** Kafka's jars, fetched once and kept for the next run. */
async function jars(kafka) {
  const {
    home,
    jars: directory,
    lock,
  } = layoutOf(process.env.PAYFLOW_BENCH_JARS ?? join(tmpdir(), 'payflow-bench-jars'), kafka)
  mkdirSync(home, { recursive: true })
  await withLock(lock, { report }, () => ensureJars({ kafka, directory, env: process.env, report }))
  return directory
}

/** A broker of Kafka 3.9 or 4. `stop` also removes the data. `pid` is the broker's. */
export async function startBroker(kafka = '3.9') {
  const home = mkdtempSync(join(tmpdir(), 'payflow-bench-'))
  const layout = layoutOf(home, kafka)
  symlinkSync(await jars(kafka), layout.jars)
  const env = {
    ...process.env,
    PAYFLOW_HOME: home,
    PAYFLOW_KAFKA_PORT: '0',
    PAYFLOW_ZOOKEEPER_PORT: '0',
    PAYFLOW_ENGINE: 'local',
    PAYFLOW_KAFKA: kafka,
  }
  for (const name of ['PAYFLOW_BROKERS', 'PAYFLOW_NODES', 'PAYFLOW_CONFIG']) delete env[name]
  const command = (...args) => run(process.execPath, [payflow, 'infra', ...args], { env })
  const stop = async () => {
    await command('down', '--volumes').catch((error) => report(error.message))
    rmSync(home, { recursive: true, force: true })
  }
  try {
    const { stdout } = await command('up', '--no-ksql', '--json')
    const { brokers } = JSON.parse(stdout)
    return { home, brokers: brokers.join(','), pid: readStates(layout).brokers[0].pid, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
