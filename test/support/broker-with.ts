import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import { findJava } from '../../src/infra/local/java.ts'
import { layoutOf, type Layout } from '../../src/infra/local/layout.ts'
import {
  brokerProperties,
  kraftProperties,
  log4jProperties,
  renderProperties,
} from '../../src/infra/local/properties.ts'
import type { Properties } from '../../src/infra/local/properties.ts'
import { javaArguments, readStates, startService } from '../../src/infra/local/services.ts'
import { freePort } from '../../src/infra/ports.ts'
import { waitForBrokers } from '../../src/kafka/readiness.ts'
import { temporaryHome } from './home.ts'
import { testKafka } from './java-options.ts'

/** A broker of the test's own with other properties; beside ZooKeeper a cluster of its own in the one that all tests share. */
export async function brokerWith(properties: Properties): Promise<string[]> {
  const { home, env } = await temporaryHome()
  const layout = layoutOf(home, testKafka)
  for (const directory of [layout.run, layout.logs, layout.data]) await mkdir(directory, { recursive: true })
  await writeFile(join(layout.run, 'log4j.properties'), renderProperties(log4jProperties))
  const port = await freePort()
  const java = await findJava(env)
  const own = { ...(testKafka === '4' ? await withoutZookeeper(port) : withZookeeper(port)), ...properties }
  if (testKafka === '4') await format(java, layout, own)
  startService(layout, 'kafka-0', port, {
    java,
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

function withZookeeper(port: number): Properties {
  const zookeeper = readStates(layoutOf(inject('home'))).zookeeper!
  return {
    ...brokerProperties({ id: 0, port, nodes: 1, zookeeperPort: zookeeper.port }),
    'zookeeper.connect': `127.0.0.1:${zookeeper.port}/${randomUUID()}`,
  }
}

const withoutZookeeper = async (port: number): Promise<Properties> =>
  kraftProperties({ id: 0, port, nodes: 1, controllerPorts: [await freePort([port])], data: 'data-4' })

async function format(java: string, layout: Layout, properties: Properties): Promise<void> {
  const file = join(layout.run, 'format.properties')
  await writeFile(file, renderProperties(properties))
  const tool = javaArguments(layout, join(layout.logs, 'format.log'), 'kafka.tools.StorageTool')
  const args = [...tool, 'format', '--cluster-id', 'YnJva2VyLXdpdGgtMDAwMA', '--config', file]
  execFileSync(java, args, { cwd: layout.home, stdio: 'pipe' })
}
