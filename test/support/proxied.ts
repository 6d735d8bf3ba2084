import { Kafka, logLevel } from 'kafkajs'
import { onTestFinished } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { freePort } from '../../src/infra/ports.ts'
import { setBrokerSettings } from './broker-settings.ts'
import { Proxy } from './proxy.mjs'
import { eventually } from './wait.ts'

/**
 * Gives a broker one more listener that it advertises through a proxy: whoever comes in by the proxy is sent to it for everything,
 * while the broker itself and all others go on without it.
 */
export async function proxied(address: string, id = 0): Promise<Proxy> {
  const port = await freePort()
  const behind = `127.0.0.1:${port}`
  // never the name of an earlier one: a broker that sees the old one go and this one come at once takes it for the old one
  const name = `PROXIED_${port}`
  const proxy = await Proxy.inFrontOf(behind)
  onTestFinished(() => proxy.close())
  const own = new Client({ brokers: [address] })
  const settings = {
    listeners: `PLAINTEXT://${address},${name}://${behind}`,
    'advertised.listeners': `PLAINTEXT://${address},${name}://${proxy.address}`,
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,${name}:PLAINTEXT`,
  }
  await setBrokerSettings(own, id, settings)
  await eventually(() => reach(proxy.address))
  onTestFinished(async () => {
    const none = Object.fromEntries(Object.keys(settings).map((setting) => [setting, undefined]))
    await setBrokerSettings(own, id, none).catch(() => undefined) // a broker of the test's own may be gone
    await own.close()
  })
  return proxy
}

/** @throws until the broker serves this address and sends those who come by it there again */
async function reach(address: string): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    if (!brokers.some(({ host, port }) => `${host}:${port}` === address)) throw new Error('not advertised yet')
  } finally {
    await admin.disconnect()
  }
}
