import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InfraOptions } from '../engine.ts'
import { claimForKraft, claimWithZookeeper } from './claim-ports.ts'
import { removeData } from './cluster-data.ts'
import { formatStorage } from './format.ts'
import { ensureJars } from './jars.ts'
import { findJava } from './java.ts'
import { releases } from './layout.ts'
import { log4jProperties, renderProperties } from './properties.ts'
import { runOf, type Survivors } from './repair.ts'
import { stopService } from './services.ts'
import { startKraft } from './start-kraft.ts'
import { startBrokers, startZookeeper } from './start-zookeeper.ts'
import type { StartContext } from './start.ts'

/** How long what a failed start leaves may take to end. */
export const ABORT_GRACE_MS = 3_000

export type MissingContext = Omit<StartContext, 'java' | 'run'>

/** Starts what of the cluster does not run. @throws PayflowError, or the signal's reason: then `context.started` says what runs by then */
export async function startMissing(
  { layout, nodes, ...rest }: MissingContext,
  survivors: Survivors,
  options: InfraOptions,
): Promise<void> {
  const { env, report, signal } = rest
  if (nodes !== options.nodes)
    report(`The data belong to a cluster of ${nodes}: starting ${nodes} brokers, not ${options.nodes}`)
  const { kafka } = layout
  const java = await findJava(env, { oldestMajor: releases[kafka].java, signal })
  layout.log('debug', 'java-found', { path: java })
  const wish = { nodes, kafkaPort: options.kafkaPort, zookeeperPort: options.zookeeperPort }
  // who joins a cluster stays as long as the cluster
  const run = (survivors.zookeeper ?? survivors.brokers[0]) ? runOf(survivors) : options.run
  const context: StartContext = { layout, nodes, ...rest, java, run }
  const start = kafka === '4' ? startWithoutZookeeper : startWithZookeeper
  await start(context, survivors, wish, async () => {
    await ensureJars({ directory: layout.jars, kafka, root: options.packageRoot, env, report, signal })
    writeFileSync(join(layout.run, 'log4j.properties'), renderProperties(log4jProperties))
  })
  signal?.throwIfAborted()
}

type Wish = Parameters<typeof claimForKraft>[0]

async function startWithZookeeper(
  context: StartContext,
  survivors: Survivors,
  wish: Wish,
  prepare: () => Promise<void>,
): Promise<void> {
  const { zookeeperPort, members } = await claimWithZookeeper(wish, survivors, context.layout.log)
  await prepare()
  if (survivors.zookeeper === undefined) await startZookeeper(context, zookeeperPort)
  await startBrokers(context, zookeeperPort, members)
}

async function startWithoutZookeeper(
  context: StartContext,
  survivors: Survivors,
  wish: Wish,
  prepare: () => Promise<void>,
): Promise<void> {
  const { controllerPorts, members } = await claimForKraft(wish, survivors, context.layout.log)
  await prepare()
  const isNew = await formatStorage(context, controllerPorts, members)
  try {
    await startKraft(context, controllerPorts, members)
    context.signal?.throwIfAborted()
  } catch (error) {
    // nobody was told of this cluster: the next start may want another number of nodes
    if (isNew) {
      await Promise.all(context.started.map((service) => stopService(context.layout, service, ABORT_GRACE_MS)))
      removeData(context.layout)
    }
    throw error
  }
}
