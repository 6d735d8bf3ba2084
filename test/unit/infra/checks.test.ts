import { mkdirSync, mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkDocker, checkJava, checkMaven, checkPorts } from '../../../src/infra/check-engine.ts'
import { checkDisk, checkMemory, checkNode } from '../../../src/infra/check-machine.ts'
import { checkRecords } from '../../../src/infra/check-records.ts'
import { identify } from '../../../src/infra/processes.ts'
import { writeRecord } from '../../../src/settings/infra-record.ts'

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'payflow-check-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
const says = (check: { findings: readonly { what: string; severity: string }[] }): string[] =>
  check.findings.map(({ severity, what }) => `${severity}: ${what}`)

describe('this machine', () => {
  test.each([
    ['v20.18.3', 1],
    ['v18.20.0', 1],
    ['v20.20.0', 0],
    ['v24.0.0', 0],
  ])('Node %s has %d findings', (version, count) => {
    expect(checkNode(version).findings).toHaveLength(count)
  })

  test('a disk that is nearly full is told, by how much', () => {
    const at = (mib: number) => ({ bavail: mib, bsize: 1 << 20 }) as Parameters<typeof checkDisk>[1]
    expect(checkDisk('/home/x', at(50_000)).findings).toEqual([])
    expect(says(checkDisk('/home/x', at(1_000)))).toEqual(['warning: Little space is left on the disk that holds /home/x']) // prettier-ignore
    expect(checkDisk('/home/x', at(100)).findings[0]).toMatchObject({ severity: 'error', evidence: ['100 MiB are free'] }) // prettier-ignore
  })

  test('little memory matters more while brokers are yet to be started', () => {
    const available = 500 * (1 << 20)
    expect(says(checkMemory({ starts: true }, available))).toEqual(['warning: There is little memory for a broker and workers']) // prettier-ignore
    expect(checkMemory({ starts: false }, available).findings).toEqual([])
  })
})

describe('what the engines need', () => {
  test('Java and Maven that are not on the PATH', async () => {
    const home = directory()
    const env = { PATH: home }
    const java = await checkJava({ home, env })
    expect(java.findings).toEqual([expect.objectContaining({ severity: 'error', what: 'Java is not installed', evidence: [`PATH is ${home}`] })]) // prettier-ignore
    const maven = await checkMaven({ home, env })
    expect(maven.findings).toEqual([expect.objectContaining({ what: expect.stringContaining('Maven (mvn) is not installed') as string })]) // prettier-ignore
    expect(maven.findings[0]!.evidence[0]).toContain('not there yet')
  })

  test('docker is missed only where it was asked for', async () => {
    const env = { PATH: directory() }
    expect(await checkDocker({ home: '', env }, false)).toMatchObject({ summary: 'not used: docker is not installed', findings: [] }) // prettier-ignore
    expect(says(await checkDocker({ home: '', env }, true))).toEqual(['error: Docker is not installed'])
  })

  test('a port that is in use, and by whom', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const options = { home: '', kafkaPort: port, zookeeperPort: 0, nodes: 1, ksql: false, env: {} }
    const status = { engine: 'local', running: false, brokers: [], zookeeper: null, ksql: null } as const
    const { findings } = await checkPorts(options, 'local', { ...status, brokers: [] })
    expect(findings).toEqual([
      expect.objectContaining({
        what: expect.stringContaining(`Port ${port} is already in use by`) as string,
        evidence: [expect.stringContaining(`pid ${process.pid}`), `the engine local wants it (PAYFLOW_KAFKA_PORT)`],
        hint: expect.stringContaining('PAYFLOW_KAFKA_PORT') as string,
      }),
    ])
    const running = { ...status, running: true, brokers: [`127.0.0.1:${port}`] }
    expect((await checkPorts(options, 'local', running)).findings).toEqual([])
  })
})

describe('what earlier processes left', () => {
  const gone = { pid: 2 ** 22 - 1, startTime: 'long ago', since: '2026-01-01T00:00:00Z' }

  test('records and locks of processes that are gone are found, and removed on request', async () => {
    const home = directory()
    mkdirSync(join(home, 'run'))
    const locks = [join(home, 'infra.lock'), join(home, 'run', 'all.lock')]
    for (const path of locks) writeFileSync(path, JSON.stringify(gone))
    const pidFile = join(home, 'run', 'kafka-0.pid')
    writeFileSync(pidFile, JSON.stringify({ name: 'kafka-0', pid: gone.pid, startTime: gone.startTime, port: 9092 }))
    writeRecord(home, { engine: 'local', brokers: ['127.0.0.1:9092'], zookeeper: null, ksql: null, startedAt: '2026-01-01T00:00:00Z', nodes: 1 }) // prettier-ignore
    mkdirSync(join(home, 'kafka-3.9.1.partial-abc'))
    const { findings } = checkRecords(home)
    expect(findings.map(({ what }) => what)).toEqual([
      'The pid file of kafka-0 is left, the process is not',
      ...locks.map((path) => `The lock ${path} is held by nobody any more`),
      'Jars that were only partly fetched are left',
      'The brokers that `payflow infra up` recorded are gone',
    ])
    expect(findings.every(({ hint }) => hint.includes('`payflow doctor --fix`'))).toBe(true)
    for (const { fix } of findings) await fix!()
    expect(checkRecords(home).findings).toEqual([])
    expect([pidFile, ...locks].filter((path) => existsSync(path))).toEqual([])
  })

  test('a lock that somebody holds is left alone', async () => {
    const home = directory()
    const path = join(home, 'infra.lock')
    writeFileSync(path, JSON.stringify(gone))
    const [stale] = checkRecords(home).findings
    writeFileSync(path, JSON.stringify({ ...identify(process.pid), since: 'now' }))
    await stale!.fix!()
    expect(existsSync(path)).toBe(true)
    expect(checkRecords(home).findings).toEqual([])
  })
})
