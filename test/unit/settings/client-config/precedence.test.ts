import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeSettings } from '../../../../src/settings/describe.ts'
import type { SettingSources } from '../../../../src/settings/gather.ts'
import { connectionOf } from '../../../../src/settings/connection.ts'
import { resolveSettings, type Settings } from '../../../../src/settings/resolve.ts'

const PROPERTIES = 'bootstrap.servers=file:1\nsecurity.protocol=SASL_SSL\nsasl.mechanisms=PLAIN\nsasl.username=ada\nsasl.password=of-the-file\n' // prettier-ignore

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'payflow-precedence-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  writeFileSync(join(path, 'client.properties'), PROPERTIES)
  writeFileSync(join(path, 'secret'), 'of-a-file\n')
  return path
}

interface Given {
  readonly options?: SettingSources['options']
  readonly env?: NodeJS.ProcessEnv
  readonly config?: object
}

function settle({ options = {}, env = {}, config }: Given, cwd = directory()): Settings {
  if (config) writeFileSync(join(cwd, 'payflow.config.json'), JSON.stringify(config))
  return resolveSettings({ options, env: { PAYFLOW_HOME: cwd, ...env }, cwd })
}
const inFile = { clientConfig: 'client.properties' }
const inEnvironment = { PAYFLOW_CLIENT_CONFIG: 'client.properties' }

test('a file of client properties counts as much as what names it; in the same place, the single setting counts more', () => {
  expect(settle({ config: inFile }).brokers).toEqual(['file:1'])
  expect(settle({ config: { ...inFile, brokers: 'own:1' } }).brokers).toEqual(['own:1'])
  expect(settle({ config: inFile, env: { PAYFLOW_BROKERS: 'own:1' } }).brokers).toEqual(['own:1'])
  expect(settle({ env: inEnvironment, config: { brokers: 'own:1' } }).brokers).toEqual(['file:1'])
  expect(settle({ env: { ...inEnvironment, PAYFLOW_BROKERS: 'own:1' } }).brokers).toEqual(['own:1'])
  expect(settle({ options: inFile, env: { PAYFLOW_BROKERS: 'own:1' } }).brokers).toEqual(['file:1'])
  expect(settle({ options: { ...inFile, brokers: 'own:1' } }).brokers).toEqual(['own:1'])
  expect(settle({ options: { engine: 'local' }, env: inEnvironment }).brokersGiven).toBe(false)
})

test('the secret of a file that an option names is not replaced by one of the environment', () => {
  const env = { PAYFLOW_SASL_PASSWORD: 'of-the-environment' }
  expect(settle({ options: inFile, env }).saslPassword).toBe('of-the-file')
  expect(settle({ env: { ...inEnvironment, ...env } }).saslPassword).toBe('of-the-environment')
})

test("the CA in a Strimzi user's directory gives way to any that is named", () => {
  const cwd = directory()
  mkdirSync(join(cwd, 'user'))
  for (const name of ['ca.crt', 'user.crt', 'user.key']) writeFileSync(join(cwd, 'user', name), 'x')
  const options = { clientConfig: 'user', brokers: 'a:1' }
  expect(settle({ options }, cwd).tlsCa).toBe(join(cwd, 'user', 'ca.crt'))
  expect(settle({ options, env: { PAYFLOW_TLS_CA: 'ca.pem' } }, cwd).tlsCa).toBe(join(cwd, 'ca.pem'))
})

test('a secret may be in a file that a variable, or a key of the configuration, names', () => {
  const env = { PAYFLOW_SASL_PASSWORD_FILE: 'secret' }
  expect(settle({ env })).toMatchObject({ saslPassword: 'of-a-file', origins: { saslPassword: { text: 'PAYFLOW_SASL_PASSWORD_FILE' } } }) // prettier-ignore
  expect(settle({ env: { ...env, PAYFLOW_SASL_PASSWORD: 'direct' } }).saslPassword).toBe('direct')
  expect(settle({ config: { saslPasswordFile: 'secret' } }).saslPassword).toBe('of-a-file')
  expect(() => settle({ env: { PAYFLOW_SASL_PASSWORD_FILE: 'nosuch' } })).toThrow(/^PAYFLOW_SASL_PASSWORD_FILE names a file that cannot be read/) // prettier-ignore
})

test('config show names the file and the key of each value, and no secret', () => {
  const settings = settle({ options: inFile, env: { PAYFLOW_TLS_KEY: '-----BEGIN PRIVATE KEY-----' } })
  const shown = Object.fromEntries(describeSettings(settings).map(({ setting, value, origin }) => [setting, `${value ?? ''} ${origin.split('/').at(-1)!}`])) // prettier-ignore
  expect(shown).toMatchObject({
    tls: 'on client.properties (security.protocol)',
    saslMechanism: 'plain client.properties (sasl.mechanisms)',
    saslPassword: '*** client.properties (sasl.password)',
    tlsKey: '*** PAYFLOW_TLS_KEY',
  })
})

test('TLS is on where something says so, and its origin is that', () => {
  const tls = (given: Given): string => {
    const settings = settle(given)
    return `${settings.tls ?? 'none'} ${settings.origins.tls.text}`
  }
  expect(tls({ options: { brokers: 'SASL_SSL://a:1' } })).toBe('on --brokers')
  expect(tls({ options: { brokers: 'a:1', tlsCa: 'ca.pem' } })).toBe('on --tls-ca')
  expect(tls({ options: { brokers: 'a:1', tlsCa: 'ca.pem' }, env: { PAYFLOW_TLS: 'off' } })).toBe('off PAYFLOW_TLS')
  expect(tls({})).toBe('none default')
})

test.each<[NodeJS.ProcessEnv, RegExp]>([
  [{ PAYFLOW_SASL_USERNAME: 'ada' }, /there is no mechanism$/],
  [{ PAYFLOW_SASL_MECHANISM: 'plain' }, /there is no user$/],
  [{ PAYFLOW_SASL_MECHANISM: 'plain', PAYFLOW_SASL_USERNAME: 'ada' }, /there is no password$/],
  [{ PAYFLOW_SASL_MECHANISM: 'oauthbearer' }, /there is no command for tokens$/],
])('a login that lacks something is refused before anything connects: %j', (env, message) => {
  const settings = settle({ options: { brokers: 'a:1' }, env })
  expect(() => connectionOf(settings)).toThrow(message)
})

test('brokers that payflow starts itself are reached in plain text, whatever is said for others', () => {
  expect(connectionOf(settle({ env: { PAYFLOW_TLS: 'on', PAYFLOW_SASL_USERNAME: 'ada' } }))).toEqual({ brokers: ['127.0.0.1:9092'] }) // prettier-ignore
})

test('a private key itself is not an option', () => {
  const options = { tlsKey: '-----BEGIN PRIVATE KEY-----' }
  expect(() => settle({ options })).toThrow(expect.objectContaining({ code: 'SECRET_IN_OPTION', kind: 'usage' }) as Error) // prettier-ignore
})
