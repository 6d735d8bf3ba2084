import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { launch } from '../support/cli.ts'
import { command } from '../support/command.ts'
import { temporaryHome } from '../support/home.ts'
import { securedBroker } from '../support/secured.ts'
import { passwords } from '../support/secured-broker.ts'

const markers = {
  sasl: passwords.admin,
  wrong: 'marker-wrong',
  key: 'marker-key',
  ksql: 'marker-ksql',
  ca: 'marker-ca',
}
const leaksIn = (text: string): string[] => Object.values(markers).filter((marker) => text.includes(marker))

/** Every command that does its work in one process. */
const lines = ['infra status', 'infra up', 'infra down', 'infra logs', 'topics create', 'topics list', 'topics describe orders', 'topics configure orders retention.ms=-1', 'topics add-partitions orders 4', 'produce all --count 5', 'produce orders --stdout --count 2', 'produce --from-file /dev/null', 'tail orders --no-follow', 'trace 00000000-0000-4000-8000-000000000000', '__complete -- tail o', 'groups list', 'groups describe payflow-large-orders', 'worker list', 'worker large-orders --until-caught-up', 'worker reset large-orders --yes', 'dead-letters list', 'dead-letters show orders/0/0', 'dead-letters replay', 'audit', 'ksql status', 'ksql apply', 'config show', 'topics reset --yes'] // prettier-ignore

/** Of all processes whose environment has the home: what anybody on the machine can read of them. */
const commandLinesOf = (home: string): string =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        const own = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`PAYFLOW_HOME=${home}\0`)
        return own ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
      } catch {
        return '' // it has ended meanwhile, or is somebody else's
      }
    })
    .join('\n')

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('kafka-'))
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
}

test('no secret is in what a command prints or leaves behind, or in the arguments of what it starts', async () => {
  const { addresses, certificates } = await securedBroker()
  const { home, env: plain } = await temporaryHome()
  const secured = {
    PAYFLOW_HOME: home,
    PAYFLOW_ENGINE: 'external',
    PAYFLOW_BROKERS: addresses.secure,
    PAYFLOW_TLS_CA: certificates.ca,
    PAYFLOW_TLS_PASSPHRASE: markers.key,
    PAYFLOW_TLS_CA_PASSPHRASE: markers.ca,
    PAYFLOW_KSQL_URL: 'https://127.0.0.1:1',
    PAYFLOW_KSQL_USER: 'ada',
    PAYFLOW_KSQL_PASSWORD: markers.ksql,
    PAYFLOW_SASL_MECHANISM: 'scram-sha-512',
    PAYFLOW_SASL_USERNAME: 'admin',
    PAYFLOW_SASL_PASSWORD: markers.sasl,
  }
  const leaks: Record<string, string[]> = {}
  const look = (where: string, text: string): void => {
    if (leaksIn(text).length > 0) leaks[where] = leaksIn(text)
  }

  for (const line of [...lines.map((each) => `${each} --verbose --json`), 'config show', 'infra up', 'topics list']) {
    const { stdout, stderr } = await command(line.split(' '), { env: secured })
    look(line, stdout + stderr)
  }
  for (const mechanism of ['plain', 'scram-sha-256']) {
    const env = { ...secured, PAYFLOW_SASL_MECHANISM: mechanism, PAYFLOW_SASL_PASSWORD: markers.wrong }
    const { exitCode, stderr } = await command(['topics', 'list', '--verbose'], { env })
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('refuses the login of admin')])
    look(`a refused login, ${mechanism}`, stderr)
  }

  const { ended, says } = launch({ ...plain, ...secured }, 'all', '--reset', '--count', '50', '--verbose')
  await says('6 processes')
  const arguments_ = commandLinesOf(home)
  expect(arguments_).toContain('large-orders')
  look('arguments of processes', arguments_)
  const { code, stdout, stderr } = await ended
  expect(code).toBe(0)
  look('all', stdout + stderr)
  for (const file of filesUnder(home)) look(file, readFileSync(file, 'latin1'))
  expect(leaks).toEqual({})
})
