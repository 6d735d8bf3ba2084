import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { onTestFinished } from 'vitest'
import { freePort } from '../../src/infra/ports.ts'
import { Proxy } from './proxy.mjs'
import { eventually } from './wait.ts'

/**
 * Gives a broker one more listener that it advertises through a proxy: whoever comes in by the proxy is sent to it for everything,
 * while the broker itself and all others go on without it.
 */
export async function proxied(address: string, id = 0): Promise<Proxy> {
  const behind = `127.0.0.1:${await freePort()}`
  const proxy = await Proxy.inFrontOf(behind)
  onTestFinished(() => proxy.close())
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const configure = (settings: Record<string, string>) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.BROKER, name: String(id), configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })) }], // prettier-ignore
    })
  await configure({
    listeners: `PLAINTEXT://${address},PROXIED://${behind}`,
    'advertised.listeners': `PLAINTEXT://${address},PROXIED://${proxy.address}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT',
  })
  await eventually(() => reach(proxy.address))
  onTestFinished(async () => {
    await configure({}).catch(() => undefined) // a broker of the test's own may be gone
    await admin.disconnect()
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
