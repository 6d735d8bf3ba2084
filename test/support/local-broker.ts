import { existsSync } from 'node:fs'
import { mkdtemp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InfraOptions, InfraStatus } from '../../src/infra/engine.ts'
import { withLock } from '../../src/infra/lock.ts'
import { ensureJars } from '../../src/infra/local/jars.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { LocalEngine } from '../../src/infra/local/local-engine.ts'
import { readStates } from '../../src/infra/local/services.ts'
import { terminate } from '../../src/infra/processes.ts'
import { kafkaVersions, type KafkaVersion } from '../../src/settings/kafka-version.ts'
import { archivingTo, classArchive, jarCache, testKafka, withArchive } from './java-options.ts'

const PREFIX = 'payflow-test-'

const note = (line: string): void => void process.stderr.write(`${line}\n`)

/** The directory of Kafka's jars that outlives test runs; filled on the first one. */
export async function cachedJars(kafka: KafkaVersion = '3.9'): Promise<string> {
  const { home, jars, lock } = layoutOf(jarCache, kafka)
  await mkdir(home, { recursive: true })
  await withLock(lock, { report: note }, () => ensureJars({ directory: jars, kafka, env: process.env, report: note }))
  return jars
}

/** Once, a broker leaves the archive of its classes for all later ones: it is written when the broker ends. */
export async function archiveClasses(): Promise<void> {
  if (existsSync(classArchive) || process.env.JAVA_TOOL_OPTIONS !== withArchive) return
  const home = await createHome()
  const draft = join(home, 'classes.jsa')
  const engine = localEngine(home, { env: { ...process.env, JAVA_TOOL_OPTIONS: archivingTo(draft) } })
  try {
    await engine.up(() => undefined)
    const [broker] = readStates(layoutOf(home)).brokers
    const ended = await terminate(broker!, 20_000)
    if (ended === 'ended' && existsSync(draft)) await rename(draft, classArchive)
  } finally {
    await removeHome(home)
  }
}

/** A PAYFLOW_HOME of its own that has the jars already: those that tests run on, and others that have been fetched. Its name says which process made it. */
export async function createHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  await cachedJars(testKafka)
  for (const kafka of kafkaVersions) {
    const jars = layoutOf(jarCache, kafka).jars
    if (existsSync(jars)) await symlink(jars, layoutOf(home, kafka).jars)
  }
  return home
}

export const localEngine = (home: string, options: Partial<InfraOptions> = {}): LocalEngine =>
  new LocalEngine({
    ...{ home, kafka: testKafka, kafkaPort: 0, zookeeperPort: 0, nodes: 1, ksql: false, env: process.env },
    ...options,
  })

/** Whichever Kafka runs there. */
export async function removeHome(home: string): Promise<void> {
  const whichever = { home, kafkaPort: 0, zookeeperPort: 0, nodes: 1, ksql: false, env: process.env }
  await new LocalEngine(whichever).down({ volumes: false }, () => undefined)
  await rm(home, { recursive: true, force: true })
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Brokers of test runs that were killed before they could stop them. */
export async function removeAbandonedHomes(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = /^payflow-test-(\d+)-/.exec(name) ?? []
    if (pid !== undefined && !processExists(Number(pid))) await removeHome(join(tmpdir(), name))
  }
}

export async function startBroker(home: string, options: Partial<InfraOptions> = {}): Promise<InfraStatus> {
  const lines: string[] = []
  try {
    return await localEngine(home, options).up((line) => lines.push(line))
  } catch (error) {
    note(lines.join('\n'))
    throw error
  }
}
