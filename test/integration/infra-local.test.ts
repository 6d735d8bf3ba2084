import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { isPortFree } from '../../src/infra/ports.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { startTimeOf } from '../../src/infra/processes.ts'
import { readStates } from '../../src/infra/local/services.ts'
import type { LocalEngine } from '../../src/infra/local/local-engine.ts'
import { readRecord } from '../../src/settings/infra-record.ts'
import { withAdmin } from '../support/admin.ts'
import { ownBroker } from '../support/broker.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { temporaryHome } from '../support/home.ts'
import { killed } from '../support/killed.ts'
import { localEngine as engineOf } from '../support/local-broker.ts'

// several starts of JVMs a test, on a machine that may be busy
vi.setConfig({ testTimeout: 180_000 })

const silent = (): void => undefined
/** The engine with ZooKeeper, whichever Kafka the other tests run on. */
const localEngine = (home: string, options: Parameters<typeof engineOf>[1] = {}): ReturnType<typeof engineOf> =>
  engineOf(home, { kafka: '3.9', ...options })
const portOf = (address: string): number => Number(address.split(':')[1])

function collect(): { lines: string[]; report: (line: string) => void } {
  const lines: string[] = []
  return { lines, report: (line) => lines.push(line) }
}

/** The pids of what runs for a home, by service. */
function pids(home: string): Record<string, number> {
  const { zookeeper, brokers } = readStates(layoutOf(home))
  return Object.fromEntries([...(zookeeper ? [zookeeper] : []), ...brokers].map(({ name, pid }) => [name, pid]))
}

const createTopic = (brokers: string[], topic: string): Promise<boolean> =>
  withAdmin(brokers, (admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] }))
const topicNames = (brokers: string[]): Promise<string[]> => withAdmin(brokers, (admin) => admin.listTopics())

async function showsLogs(infra: LocalEngine, home: string, brokers: string[]): Promise<void> {
  const lines: string[] = []
  await infra.logs({ follow: false, lines: 3 }, (line) => lines.push(line))
  expect(lines.filter((line) => line.startsWith('kafka-0 | '))).toHaveLength(3)
  expect(lines.filter((line) => line.startsWith('zookeeper | '))).toHaveLength(3)

  const stop = new AbortController()
  const followed = new Promise<string>((resolve, reject) => {
    infra.logs({ service: 'kafka', follow: true, lines: 0 }, resolve, stop.signal).catch(reject)
  })
  await createTopic(brokers, 'announced')
  expect(await followed).toMatch(/^\[\d{4}-/)
  stop.abort()
  expect(readFileSync(join(layoutOf(home).logs, 'kafka-0.log'), 'utf8')).toContain('announced')
  await expect(infra.logs({ service: 'nope', follow: false, lines: 1 }, silent)).rejects.toMatchObject({
    code: 'UNKNOWN_SERVICE',
    hint: 'its services: kafka-0, zookeeper',
  })
}

test('a second up finds the brokers, a restart keeps their data, half of them are refused, --volumes removes them', async () => {
  const { home, infra, brokers, zookeeper } = await ownBroker(1, '3.9')
  expect(readRecord(home)).toMatchObject({ engine: 'local', brokers, zookeeper, nodes: 1 })
  const before = pids(home)
  expect(await infra.up(silent)).toMatchObject({ started: false, running: true, brokers, zookeeper })
  expect(pids(home)).toEqual(before)
  await showsLogs(infra, home, brokers)
  await createTopic(brokers, 'kept')

  expect(await infra.down({ volumes: false }, silent)).toEqual({ stopped: true })
  expect(pids(home)).toEqual({})
  expect(readRecord(home)).toBeUndefined()
  expect(await isPortFree(portOf(brokers[0]!))).toBe(true)
  expect(await infra.status()).toMatchObject({ running: false, brokers: [], zookeeper: null })
  expect(await infra.down({ volumes: false }, silent)).toEqual({ stopped: false })

  const again = await infra.up(silent)
  expect(again.started).toBe(true)
  expect(await topicNames(again.brokers)).toContain('kept')

  await infra.down({ volumes: false }, silent)
  const { data } = layoutOf(home)
  rmSync(join(data, 'zookeeper'), { recursive: true })
  const refused = { code: 'INCONSISTENT_DATA', kind: 'infra', hint: expect.stringContaining('--volumes') as string }
  await expect(infra.up(silent)).rejects.toMatchObject(refused)
  mkdirSync(join(data, 'zookeeper'))
  await expect(infra.up(silent)).rejects.toMatchObject(refused)
  expect(pids(home)).toEqual({})

  await infra.down({ volumes: true }, silent)
  expect(existsSync(data)).toBe(false)
})

test('a broker without its ZooKeeper is stopped, and both are started again', async () => {
  const { home, infra } = await ownBroker(1, '3.9')
  const before = pids(home)
  await killed(readStates(layoutOf(home)).zookeeper!)
  const { lines, report } = collect()
  expect(await infra.up(report)).toMatchObject({ started: true, running: true })
  expect(lines.join('\n')).toMatch(/kafka-0 \(pid \d+\) runs without ZooKeeper: stopping it/)
  expect(Object.values(pids(home))).not.toContain(before['kafka-0'])
})

test('one of three brokers killed with -9 is started again, the others are left alone', async () => {
  const { home, infra, brokers } = await ownBroker(3, '3.9')
  expect(new Set(brokers).size).toBe(3)
  await createTopic(brokers, 'kept')
  const before = pids(home)
  await killed(readStates(layoutOf(home)).brokers.find(({ name }) => name === 'kafka-1')!)
  const { lines, report } = collect()
  expect(await infra.up(report)).toMatchObject({ started: true, brokers })
  expect(lines.join('\n')).toMatch(/kafka-1 is gone, though its pid file/)
  expect(await topicNames([brokers[1]!])).toContain('kept')
  const after = pids(home)
  expect([after.zookeeper, after['kafka-0'], after['kafka-2']]).toEqual([
    before.zookeeper,
    before['kafka-0'],
    before['kafka-2'],
  ])
  const { brokers: members } = await withAdmin(brokers, (admin) => admin.describeCluster())
  expect(members).toHaveLength(3)
  await infra.down({ volumes: false }, silent)
  await expect(localEngine(home, { nodes: 5 }).up(silent)).rejects.toMatchObject({
    code: 'NODES_DIFFER',
    kind: 'usage',
  })
})

test('a pid file whose pid belongs to another process now is ignored, and that process is left alone', async () => {
  const { home } = await temporaryHome()
  const { log, entries } = recordedLog()
  const infra = localEngine(home, { log })
  const other = spawn('sleep', ['600'])
  onTestFinished(() => void other.kill())
  const { run } = layoutOf(home)
  mkdirSync(run)
  for (const name of ['zookeeper', 'kafka-0'])
    writeFileSync(join(run, `${name}.pid`), JSON.stringify({ name, pid: other.pid, startTime: 'earlier', port: 9 }))
  expect(await infra.status()).toMatchObject({ running: false, brokers: [], zookeeper: null })
  const { lines, report } = collect()
  expect(await infra.up(report)).toMatchObject({ started: true })
  expect(lines.filter((line) => line.includes('ignoring the file'))).toHaveLength(2)
  const { logs } = layoutOf(home)
  const started = entries.filter(({ event }) => event === 'process-started')
  expect(started.map(({ name, pid, log: file }) => [name, pid, file])).toEqual(
    Object.entries(pids(home)).map(([name, pid]) => [name, pid, join(logs, `${name}.log`)]),
  )
  await infra.down({ volumes: false }, silent)
  expect(other.exitCode ?? other.signalCode).toBeNull()
})

test('two ups at once start one cluster', async () => {
  const { home } = await temporaryHome()
  const { lines, report } = collect()
  const results = await Promise.all([localEngine(home).up(report), localEngine(home).up(report)])
  expect(results.map(({ started }) => started).sort()).toEqual([false, true])
  expect(results[0].brokers).toEqual(results[1].brokers)
  expect(lines.join('\n')).toMatch(/Waiting for another payflow/)
})

test('a port that is in use is named with its owner, and nothing is started', async () => {
  const { home } = await temporaryHome()
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await expect(localEngine(home, { kafkaPort: port }).up(silent)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringMatching(
      new RegExp(`Port ${port} is already in use by .*\\(pid ${process.pid}\\)`),
    ) as string,
    hint: expect.stringContaining('PAYFLOW_KAFKA_PORT') as string,
  })
  expect(pids(home)).toEqual({})
})

test.each(['ZooKeeper answers', 'Kafka answers'])('an abort at "%s" leaves nothing running', async (moment) => {
  const { home } = await temporaryHome()
  const abort = new AbortController()
  const reason = new Error('stopped by the user')
  const infra = localEngine(home)
  const seen: number[] = []
  const report = (line: string): void => {
    seen.push(...Object.values(pids(home)))
    if (line.startsWith(moment)) abort.abort(reason)
  }
  await expect(infra.up(report, abort.signal)).rejects.toBe(reason)
  expect(seen.length).toBeGreaterThan(0)
  expect(pids(home)).toEqual({})
  for (const pid of seen) expect(startTimeOf(pid)).toBeUndefined()
  expect(readRecord(home)).toBeUndefined()
})

test('a broker that dies while starting is quoted, and ZooKeeper is stopped with it', async () => {
  const { home } = await temporaryHome()
  const infra = localEngine(home)
  const data = join(layoutOf(home).data, 'kafka-0')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'meta.properties'), 'version=0\nbroker.id=7\n')
  await expect(infra.up(silent)).rejects.toMatchObject({
    code: 'BROKER_DIED',
    message: expect.stringMatching(/kafka-0 ended while it was starting. Its last words: .*node id/) as string,
  })
  expect(pids(home)).toEqual({})
})
