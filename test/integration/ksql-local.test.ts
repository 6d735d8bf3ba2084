import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { readStates } from '../../src/infra/local/services.ts'
import { readRecord } from '../../src/settings/infra-record.ts'
import { temporaryHome } from '../support/home.ts'
import { localEngine } from '../support/local-broker.ts'
import { killed } from '../support/killed.ts'
import { recording } from '../support/recordings.ts'

vi.setConfig({ testTimeout: 180_000 })

/** What an installation looks like from outside: its start script takes a properties file, and in the end answers as it was recorded. */
async function installation(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'payflow-ksql-home-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  await mkdir(join(home, 'bin'))
  const answers = ['000-startup-healthcheck', '002-healthcheck'].map((name) => recording(name).response)
  await writeFile(
    join(home, 'bin', 'server.mjs'),
    `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const properties = readFileSync(process.argv[2], 'utf8')
const port = Number(/^listeners=http:\\/\\/127\\.0\\.0\\.1:(\\d+)$/m.exec(properties)[1])
if (!/^bootstrap\\.servers=127\\.0\\.0\\.1:\\d+$/m.test(properties)) process.exit(1)
const answers = ${JSON.stringify(answers)}
createServer((request, response) => {
  const { status, body } = answers.length > 1 ? answers.shift() : answers[0]
  response.writeHead(request.url === '/healthcheck' ? status : 404, { 'content-type': 'application/json' }).end(body)
}).listen(port, '127.0.0.1')
`,
  )
  const script = join(home, 'bin', 'ksql-server-start')
  await writeFile(script, `#!/bin/sh\nexec '${process.execPath}' "$(dirname "$0")/server.mjs" "$@"\n`)
  await chmod(script, 0o755)
  return home
}

it('starts the ksqlDB of KSQL_HOME with the brokers, finds it running, replaces one that died, and stops it with them', async () => {
  const { home } = await temporaryHome()
  const env = { ...process.env, KSQL_HOME: await installation() }
  const engine = (more = {}) => localEngine(home, { ksql: true, ksqlPort: 0, env, ...more })
  const lines: string[] = []
  const first = await engine().up((line) => lines.push(line))
  expect(first.ksql).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(lines.at(-1)).toMatch(/^ksqlDB answers on http:\/\/127\.0\.0\.1:\d+ \(\d+\.\d s\)$/)
  expect(readRecord(home)?.ksql).toBe(first.ksql)
  expect(await (await fetch(`${first.ksql!}/healthcheck`)).json()).toMatchObject({ isHealthy: true })

  const { ksqldb } = readStates(layoutOf(home))
  expect(await engine().up(() => undefined)).toMatchObject({ started: false, ksql: first.ksql })
  expect(readStates(layoutOf(home)).ksqldb).toEqual(ksqldb)

  await killed(ksqldb!)
  expect(await engine().up(() => undefined)).toMatchObject({ started: false, ksql: first.ksql })
  expect(readStates(layoutOf(home)).ksqldb?.pid).not.toBe(ksqldb!.pid)
  expect(await engine().status()).toMatchObject({ running: true, ksql: first.ksql })

  expect(await engine().down({ volumes: false }, () => undefined)).toEqual({ stopped: true })
  expect(readStates(layoutOf(home))).toMatchObject({ ksqldb: undefined, brokers: [], stale: [] })
  await expect(fetch(`${first.ksql!}/healthcheck`)).rejects.toThrow()
})

it('leaves nothing behind when ksqlDB cannot be started, and says why', async () => {
  const { home } = await temporaryHome()
  const env = { ...process.env, KSQL_HOME: '', CONFLUENT_HOME: '/nowhere/confluent' }
  const engine = localEngine(home, { ksql: true, ksqlPort: 0, env })
  await expect(engine.up(() => undefined)).rejects.toMatchObject({
    kind: 'infra',
    code: 'KSQL_HOME_INVALID',
    message: 'There is no ksqlDB at CONFLUENT_HOME: /nowhere/confluent/bin/ksql-server-start does not exist',
  })
  expect(readStates(layoutOf(home))).toMatchObject({ zookeeper: undefined, brokers: [] })
})
