import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../src/infra/ports.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { aliveIn, readStates } from '../../src/infra/local/services.ts'
import { temporaryHome } from '../support/home.ts'
import { cachedJars, localEngine as engineOf } from '../support/local-broker.ts'

vi.setConfig({ testTimeout: 180_000 })

const silent = (): void => undefined
/** The engine with ZooKeeper, whichever Kafka the other tests run on. */
const localEngine = (home: string, options: Parameters<typeof engineOf>[1] = {}): ReturnType<typeof engineOf> =>
  engineOf(home, { kafka: '3.9', ...options })

test('of two starts at the same ports at once one is told who has them, and takes nothing of the other into its home', async () => {
  const zookeeperPort = await freePort()
  const kafkaPort = await freePort([zookeeperPort])
  const homes = [(await temporaryHome()).home, (await temporaryHome()).home]
  const starts = homes.map((home) => localEngine(home, { zookeeperPort, kafkaPort }).up(silent))
  const results = await Promise.allSettled(starts)
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const lost = results.findIndex(({ status }) => status === 'rejected')
  expect(results[lost]).toMatchObject({
    reason: { code: 'PORT_IN_USE', hint: expect.stringContaining('PAYFLOW_ZOOKEEPER_PORT') as string },
  })
  const { data, home } = layoutOf(homes[lost]!)
  expect(existsSync(join(data, 'kafka-0'))).toBe(false)
  expect(existsSync(join(home, 'infra.json'))).toBe(false)
  expect(aliveIn(readStates(layoutOf(home)))).toEqual([])
})

/** A home on a small disk of its own, where this user may make one. */
async function smallDisk(): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-small-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', directory]).status !== 0) return undefined
  onTestFinished(() => void spawnSync('umount', ['-l', directory]))
  const home = join(directory, 'home')
  mkdirSync(home)
  symlinkSync(await cachedJars(), layoutOf(home).jars)
  onTestFinished(() => localEngine(home).down({ volumes: false }, silent).then(silent))
  return home
}

test('on a full disk down stops what runs, and --volumes makes room', async ({ skip }) => {
  const home = await smallDisk()
  if (home === undefined) return skip('this user may not mount anything')
  const infra = localEngine(home)
  await infra.up(silent)
  expect(() => {
    for (let i = 0; ; i++) writeFileSync(join(home, `fill-${i}`), Buffer.alloc(1024 * (i < 48 ? 1024 : 1)))
  }).toThrow('ENOSPC')
  expect(aliveIn(readStates(layoutOf(home)))).toHaveLength(2)

  const freeBefore = statfsSync(home).bavail
  expect(await infra.down({ volumes: true }, silent)).toEqual({ stopped: true })
  expect(aliveIn(readStates(layoutOf(home)))).toEqual([])
  expect(existsSync(layoutOf(home).data)).toBe(false)
  expect(statfsSync(home).bavail).toBeGreaterThan(freeBefore)
})
