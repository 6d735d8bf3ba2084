import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import { findJava } from '../../src/infra/local/java.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { brokerProperties, log4jProperties, renderProperties } from '../../src/infra/local/properties.ts'
import type { Properties } from '../../src/infra/local/properties.ts'
import { readStates, startService } from '../../src/infra/local/services.ts'
import { freePort } from '../../src/infra/ports.ts'
import { waitForBrokers } from '../../src/kafka/readiness.ts'
import { temporaryHome } from './home.ts'

/** A broker of the test's own with other properties, a cluster of its own in the ZooKeeper that all tests share. */
export async function brokerWith(properties: Properties): Promise<string[]> {
  const { home, env } = await temporaryHome()
  const layout = layoutOf(home)
  for (const directory of [layout.run, layout.logs, layout.data]) await mkdir(directory, { recursive: true })
  await writeFile(join(layout.run, 'log4j.properties'), renderProperties(log4jProperties))
  const zookeeper = readStates(layoutOf(inject('home'))).zookeeper!
  const port = await freePort()
  const own = {
    ...brokerProperties({ id: 0, port, nodes: 1, zookeeperPort: zookeeper.port }),
    'zookeeper.connect': `127.0.0.1:${zookeeper.port}/${randomUUID()}`,
    ...properties,
  }
  startService(layout, 'kafka-0', port, {
    java: await findJava(env),
    env,
    jvmOptions: ['-Xmx256m', '-XX:+UseSerialGC'],
    mainClass: 'kafka.Kafka',
    properties: renderProperties(own),
    run: undefined,
  })
  const brokers = [`127.0.0.1:${port}`]
  await waitForBrokers({ brokers }, 1, 90_000)
  return brokers
}
