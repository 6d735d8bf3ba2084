import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { Proxy } from '../support/proxy.mjs'

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs

/** The jars that test runs have fetched already, if there are any. */
const cachedJars = join(process.env.PAYFLOW_TEST_JARS ?? join(tmpdir(), 'payflow-test-jars'), 'kafka-3.9.1')

/**
 * Brokers of payflow's local engine, each with a second listener that it advertises through a proxy. What `infra up` recorded is
 * changed to the proxies, so that whatever payflow runs from now on comes by them; `direct` goes past them.
 */
export async function startCluster(payflow, home) {
  mkdirSync(home, { recursive: true })
  if (existsSync(cachedJars)) symlinkSync(cachedJars, join(home, 'kafka-3.9.1'))
  await payflow.call('infra', 'up', '--engine', 'local')
  const record = join(home, 'infra.json')
  const known = JSON.parse(readFileSync(record, 'utf8'))
  const admin = new Kafka({ brokers: known.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const proxies = []
  for (const [id, address] of known.brokers.entries()) proxies.push(await putProxyBefore(admin, id, address))
  for (const proxy of proxies) await untilAdvertised(proxy.address, known.brokers.length)
  writeFileSync(record, JSON.stringify({ ...known, brokers: proxies.map(({ address }) => address) }))
  return { admin, direct: known.brokers, proxies }
}

async function putProxyBefore(admin, id, address) {
  const behind = `127.0.0.1:${await freePort()}`
  const proxy = await Proxy.inFrontOf(behind)
  const settings = {
    listeners: `PLAINTEXT://${address},PROXIED://${behind}`,
    'advertised.listeners': `PLAINTEXT://${address},PROXIED://${proxy.address}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT',
    'log.cleaner.backoff.ms': '1000',
  }
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.BROKER, name: String(id), configEntries }],
  })
  return proxy
}

async function untilAdvertised(address, brokers) {
  for (const deadline = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
    try {
      await admin.connect()
      if ((await admin.describeCluster()).brokers.filter(({ port }) => port > 0).length === brokers) return
    } catch (error) {
      if (Date.now() > deadline) throw error
    } finally {
      await admin.disconnect()
    }
  }
}

/** Below what the system gives to outgoing connections: it must be free again after each restart of the broker. */
async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const free = await new Promise((resolve) => {
      server.once('error', () => resolve(false))
      server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
}

/** Makes changelogs be compacted soon. */
export async function compactSoon(admin, topics) {
  const settings = { 'cleanup.policy': 'compact', 'segment.ms': '1000', 'min.cleanable.dirty.ratio': '0.01' }
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
  await admin.alterConfigs({
    validateOnly: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configEntries })),
  })
}
