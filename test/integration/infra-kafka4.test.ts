import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { LocalEngine } from '../../src/infra/local/local-engine.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { aliveIn, readStates } from '../../src/infra/local/services.ts'
import { startTimeOf } from '../../src/infra/processes.ts'
import { spoken } from '../../src/kafka/api-versions.ts'
import { Client } from '../../src/kafka/client.ts'
import { brokersEnlist } from '../../src/kafka/features.ts'
import { readRecord } from '../../src/settings/infra-record.ts'
import { withAdmin } from '../support/admin.ts'
import { ownBroker } from '../support/broker.ts'
import { temporaryHome } from '../support/home.ts'
import { killed } from '../support/killed.ts'
import { cachedJars, localEngine } from '../support/local-broker.ts'

// several starts of JVMs a test, on a machine that may be busy
vi.setConfig({ testTimeout: 180_000 })

const silent = (): void => undefined
const engine = (home: string, options: Parameters<typeof localEngine>[1] = {}): LocalEngine =>
  localEngine(home, { kafka: '4', ...options })

async function asking<Result>(brokers: readonly string[], ask: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ brokers })
  try {
    return await ask(client)
  } finally {
    await client.close()
  }
}

const createTopic = (brokers: readonly string[], topic: string, replicationFactor = 1): Promise<unknown> =>
  asking(brokers, (client) => createTopics(client, [{ topic, partitions: 1, replicationFactor }]))
const topicNames = (brokers: readonly string[]): Promise<string[]> => withAdmin(brokers, (admin) => admin.listTopics())

const pids = (home: string): Record<string, number> =>
  Object.fromEntries(readStates(layoutOf(home)).brokers.map(({ name, pid }) => [name, pid]))

interface Row {
  readonly key: number
  readonly name: string
  readonly sends: string
  readonly serves: string
  readonly lowest: boolean
}

/** The table of docs/internals/kafka-versions.md. */
function documented(): Row[] {
  const page = readFileSync(new URL('../../docs/internals/kafka-versions.md', import.meta.url), 'utf8')
  const rows = page.matchAll(/^\| (\d+) \| (\w+) \| ([\d–]+) \| ([\d–]+) \| (yes)? *\|$/gm)
  return [...rows].map(([, key, name = '', sends = '', serves = '', lowest]) => ({
    ...{ key: Number(key), name, sends, serves },
    lowest: lowest !== undefined,
  }))
}

const range = (first: number, last: number): string => (first === last ? `${first}` : `${first}–${last}`)

async function servesWhatIsDocumented(brokers: readonly string[]): Promise<void> {
  const served = await asking(brokers, async (client) => (await client.shared.any()).versions!)
  const expected = Object.entries(spoken).map(([key, { name, first, last }]): Row => {
    const { minVersion, maxVersion } = served[Number(key)]!
    const lowest = Math.min(last, maxVersion) === minVersion
    return { key: Number(key), name, sends: range(first, last), serves: range(minVersion, maxVersion), lowest }
  })
  expect(documented()).toEqual(expected)
}

test('Kafka 4 runs without ZooKeeper, is found again, keeps its data, serves what is documented, and leaves what belongs to 3.9 alone', async () => {
  const { home, infra, brokers, ...status } = await ownBroker(1, '4')
  expect(status).toMatchObject({ zookeeper: null, kafka: '4' })
  expect(readRecord(home)).toMatchObject({ engine: 'local', brokers, zookeeper: null, kafka: '4', nodes: 1 })
  const before = pids(home)
  // who names no version means the one that runs
  const { kafka: _, ...unnamed } = { home, kafkaPort: 0, zookeeperPort: 0, nodes: 1, ksql: false, env: process.env, kafka: '4' } // prettier-ignore
  const { LocalEngine: Engine } = await import('../../src/infra/local/local-engine.ts')
  expect(await new Engine(unnamed).up(silent)).toMatchObject({ started: false, running: true, brokers })
  expect(pids(home)).toEqual(before)
  await expect(engine(home, { kafka: '3.9' }).up(silent)).rejects.toMatchObject({ code: 'KAFKA_DIFFERS' })
  await servesWhatIsDocumented(brokers)
  await createTopic(brokers, 'kept')
  const logs: string[] = []
  await infra.logs({ follow: false, lines: 3 }, (line) => logs.push(line))
  expect(logs).toHaveLength(3)

  const { data } = layoutOf(home)
  mkdirSync(join(data, 'kafka-0'), { recursive: true })
  expect(await infra.down({ volumes: false }, silent)).toEqual({ stopped: true })
  expect(pids(home)).toEqual({})
  const again = await infra.up(silent)
  expect(await topicNames(again.brokers)).toContain('kept')

  const lines: string[] = []
  await infra.down({ volumes: true }, (line) => lines.push(line))
  expect(lines).toContain(`Removed the data of Kafka 4 in ${layoutOf(home, '4').data}`)
  expect(lines.at(-1)).toMatch(/^The data of Kafka 3\.9 in .* stay: `payflow infra down --volumes --kafka 3\.9`/)
  expect([existsSync(layoutOf(home, '4').data), existsSync(data)]).toEqual([false, true])
})

test('of three nodes one that was killed comes back to the quorum, and so do all of them', async () => {
  const { home, infra, brokers } = await ownBroker(3, '4')
  await createTopic(brokers, 'kept', 3)
  expect(await asking(brokers, async ({ shared }) => brokersEnlist(shared, await shared.any()))).toBe(false)
  const before = pids(home)
  await killed(readStates(layoutOf(home)).brokers.find(({ name }) => name === 'kafka-1')!)
  expect(await infra.up(silent)).toMatchObject({ started: true, brokers })
  const after = pids(home)
  expect([after['kafka-0'], after['kafka-2']]).toEqual([before['kafka-0'], before['kafka-2']])
  expect(await topicNames([brokers[1]!])).toContain('kept')

  await Promise.all(readStates(layoutOf(home)).brokers.map(killed))
  expect(await infra.up(silent)).toMatchObject({ started: true, brokers })
  expect(await topicNames(brokers)).toContain('kept')

  const stopped: string[] = []
  await infra.down({ volumes: false }, (line) => stopped.push(line))
  expect(stopped.filter((line) => / has stopped$| which had stopped$/.test(line))).toHaveLength(3)
  expect(pids(home)).toEqual({})
  const { data } = layoutOf(home, '4')
  renameSync(join(data, 'kafka-2'), join(data, 'away'))
  await expect(infra.up(silent)).rejects.toMatchObject({ code: 'INCONSISTENT_DATA', hint: expect.stringContaining('--volumes --kafka 4') as string }) // prettier-ignore
  renameSync(join(data, 'away'), join(data, 'kafka-2'))
  await expect(engine(home, { nodes: 5 }).up(silent)).rejects.toMatchObject({ code: 'NODES_DIFFER' })
})

test.each(['Formatted', 'Kafka answers'])('an abort at "%s" leaves no process and no data', async (moment) => {
  const { home } = await temporaryHome()
  const abort = new AbortController()
  const reason = new Error('stopped by the user')
  const seen: number[] = []
  const report = (line: string): void => {
    seen.push(...Object.values(pids(home)))
    if (line.startsWith(moment)) abort.abort(reason)
  }
  await expect(engine(home).up(report, abort.signal)).rejects.toBe(reason)
  expect(aliveIn(readStates(layoutOf(home)))).toEqual([])
  for (const pid of seen) expect(startTimeOf(pid)).toBeUndefined()
  expect(readRecord(home)).toBeUndefined()
  expect(readdirSync(home).filter((name) => name.startsWith('data'))).toEqual([])
})

test('what ends a node while it starts is told: data that are not its own, storage that was not formatted', async () => {
  const { home } = await temporaryHome()
  const infra = engine(home)
  await infra.up(silent)
  await infra.down({ volumes: false }, silent)
  const meta = join(layoutOf(home, '4').data, 'kafka-0', 'meta.properties')
  const text = readFileSync(meta, 'utf8')
  writeFileSync(meta, text.replace('node.id=0', 'node.id=7'))
  await expect(infra.up(silent)).rejects.toMatchObject({
    code: 'BROKER_DIED',
    message: expect.stringMatching(/kafka-0 ended while it was starting. Its last words: .*node id/) as string,
  })
  rmSync(meta)
  await expect(infra.up(silent)).rejects.toMatchObject({ code: 'INCONSISTENT_DATA' })
  expect(pids(home)).toEqual({})
  writeFileSync(meta, text)
  expect(await infra.up(silent)).toMatchObject({ started: true })
})

test('its jars come with their own pom, and a Java that runs 3.9 but not 4 is named', async () => {
  expect(await cachedJars('4')).toMatch(/kafka-4\.\d+\.\d+$/)
  expect(readdirSync(await cachedJars('4')).filter((name) => name.startsWith('zookeeper'))).toEqual([])
  const { home } = await temporaryHome()
  const bin = join(home, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'java'), `#!/bin/sh\necho 'openjdk version "11.0.2"' >&2\n`, { mode: 0o755 })
  await expect(engine(home, { env: { PATH: bin } }).up(silent)).rejects.toMatchObject({
    code: 'JAVA_TOO_OLD',
    message: expect.stringMatching(/^Java 11 .* 17 is needed$/) as string,
  })
})
