import { expect, test } from 'vitest'
import { chooseEngine, type Surroundings } from '../../../src/infra/choose.ts'
import type { InfraOptions } from '../../../src/infra/engine.ts'

const options: InfraOptions = { home: 'home', kafkaPort: 0, zookeeperPort: 0, nodes: 1, ksql: false, env: {} }
const surroundings = (
  docker: Awaited<ReturnType<Surroundings['docker']>>,
  started?: ReturnType<Surroundings['started']>,
): Surroundings => ({ docker: () => Promise.resolve(docker), started: () => started })

test.each([
  ['ready', 'docker: its engine answers'],
  ['not-installed', 'local: docker is not installed'],
  ['no-engine', 'local: docker is installed, but its engine does not answer'],
  ['no-compose', 'local: docker is installed, but its compose plugin is not'],
] as const)('auto, docker %s: %s', async (docker, reason) => {
  const choice = await chooseEngine('auto', options, surroundings(docker))
  expect(choice.reason).toBe(reason)
  expect(choice.engine.name).toBe(reason.split(':')[0])
})

test('auto is external when brokers were given, whatever else there is', async () => {
  const given = { ...options, connection: { brokers: ['kafka.test:9092'] } }
  const { engine, reason } = await chooseEngine('auto', given, surroundings('ready', 'local'))
  expect([engine.name, reason]).toEqual(['external', 'external: brokers were given'])
})

test('auto stays with what was started in this home', async () => {
  expect((await chooseEngine('auto', options, surroundings('ready', 'local'))).engine.name).toBe('local')
  expect((await chooseEngine('auto', options, surroundings('ready', 'docker'))).reason).toBe(
    'docker: it was started here before',
  )
  expect((await chooseEngine('auto', options, surroundings('no-engine', 'docker'))).engine.name).toBe('local')
})

test('auto takes local for several brokers, which docker does not run', async () => {
  const { engine, reason } = await chooseEngine('auto', { ...options, nodes: 3 }, surroundings('ready'))
  expect([engine.name, reason]).toEqual(['local', 'local: it can run 3 brokers'])
})

test('an engine asked for by name is taken; one that contradicts the brokers is refused', async () => {
  for (const name of ['docker', 'local'] as const) {
    expect((await chooseEngine(name, options, surroundings('not-installed'))).engine.name).toBe(name)
    await expect(
      chooseEngine(name, { ...options, connection: { brokers: ['kafka.test:9092'] } }),
    ).rejects.toMatchObject({
      kind: 'usage',
    })
  }
  await expect(chooseEngine('external', options)).rejects.toMatchObject({ code: 'BROKERS_MISSING', kind: 'usage' })
})
