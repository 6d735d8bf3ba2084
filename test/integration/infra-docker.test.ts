import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chooseEngine } from '../../src/infra/choose.ts'
import { Compose } from '../../src/infra/docker/compose.ts'
import { DockerEngine } from '../../src/infra/docker/docker-engine.ts'
import { probeDocker } from '../../src/infra/docker/probe.ts'
import type { InfraOptions } from '../../src/infra/engine.ts'
import { claimPort } from '../../src/infra/ports.ts'
import { runCommand } from '../../src/infra/command.ts'
import { readRecord } from '../../src/settings/infra-record.ts'
import { withAdmin } from '../support/admin.ts'

const silent = (): void => undefined
const noEngine = { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' }

async function hasImages(): Promise<boolean> {
  if ((await probeDocker(process.env)) !== 'ready') return false
  const images = ['confluentinc/cp-zookeeper:7.9.1', 'confluentinc/cp-kafka:7.9.1']
  return (await runCommand('docker', ['image', 'inspect', ...images], { env: process.env })).exitCode === 0
}
const docker = await hasImages()

async function dockerOptions(env: NodeJS.ProcessEnv = process.env): Promise<InfraOptions> {
  const home = await mkdtemp(join(tmpdir(), 'payflow-docker-test-'))
  const options = { home, kafkaPort: 0, zookeeperPort: 0, nodes: 1, ksql: false, env }
  onTestFinished(async () => {
    if (docker) await new DockerEngine({ ...options, env: process.env }).down({ volumes: true }, silent)
    await rm(home, { recursive: true, force: true })
  })
  return options
}

async function topicNames(brokers: string[], create?: string): Promise<string[]> {
  return withAdmin(brokers, async (admin) => {
    if (create !== undefined)
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic: create, numPartitions: 1 }] })
    return admin.listTopics()
  })
}

test('without an engine that answers, auto takes local and says why, and docker says what to do', async () => {
  const options = await dockerOptions(noEngine)
  const installed = (await probeDocker(process.env)) !== 'not-installed'
  const { engine, reason } = await chooseEngine('auto', options)
  expect(engine.name).toBe('local')
  expect(reason).toBe(
    installed ? 'local: docker is installed, but its engine does not answer' : 'local: docker is not installed',
  )
  await expect(new DockerEngine(options).up(silent)).rejects.toMatchObject({
    code: installed ? 'DOCKER_NOT_RUNNING' : 'DOCKER_MISSING',
    kind: 'infra',
  })
  expect(await new DockerEngine(options).status()).toMatchObject({ engine: 'docker', running: false, brokers: [] })
})

test.runIf(docker)(
  'containers serve, are found again, keep their data over a restart and go away',
  async () => {
    const options = await dockerOptions()
    const engine = new DockerEngine(options)
    const first = await engine.up(silent)
    expect(first).toMatchObject({ engine: 'docker', running: true, started: true, ksql: null })
    expect(readRecord(options.home)).toMatchObject({ engine: 'docker', brokers: first.brokers })
    expect((await chooseEngine('auto', options)).engine.name).toBe('docker')
    expect(await topicNames(first.brokers, 'kept')).toContain('kept')
    expect(await engine.up(silent)).toEqual({ ...first, started: false })

    expect(await engine.down({ volumes: false }, silent)).toEqual({ stopped: true })
    expect(readRecord(options.home)).toBeUndefined()
    const again = await engine.up(silent)
    await expect.poll(() => topicNames(again.brokers)).toContain('kept')
  },
  120_000,
)

test.runIf(docker)('a port in use is named before anything is started', async () => {
  const options = await dockerOptions()
  const port = await claimPort(0, 'PAYFLOW_KAFKA_PORT')
  const { createServer } = await import('node:net')
  const server = createServer().listen(port, '127.0.0.1')
  onTestFinished(() => void server.close())
  await expect(new DockerEngine({ ...options, kafkaPort: port }).up(silent)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`(pid ${process.pid})`) as string,
  })
  expect(await new Compose(options).containers()).toEqual([])
})

test.runIf(docker)('an abort in the middle of the start removes the containers again', async () => {
  const options = await dockerOptions()
  const abort = new AbortController()
  const reason = new Error('stopped by the user')
  const report = (line: string): void => {
    if (line.endsWith('Started')) abort.abort(reason)
  }
  await expect(new DockerEngine(options).up(report, abort.signal)).rejects.toBe(reason)
  expect(await new Compose(options).containers()).toEqual([])
})
