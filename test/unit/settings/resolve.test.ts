import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { PayflowError } from '../../../src/errors.ts'
import { childEnvironment } from '../../../src/settings/child-environment.ts'
import type { SettingSources } from '../../../src/settings/gather.ts'
import { readRecord, removeRecord, writeRecord, type InfraRecord } from '../../../src/settings/infra-record.ts'
import { resolveSettings, type Settings } from '../../../src/settings/resolve.ts'

const recorded: InfraRecord = {
  engine: 'local',
  brokers: ['127.0.0.1:20001'],
  zookeeper: '127.0.0.1:20002',
  ksql: 'http://127.0.0.1:20003',
  startedAt: '2026-01-01T00:00:00.000Z',
  nodes: 1,
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'payflow-settings-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

interface Given {
  readonly options?: SettingSources['options']
  readonly env?: NodeJS.ProcessEnv
  readonly config?: unknown
  readonly record?: InfraRecord
}

/** Settings as they come out in a home and a working directory of their own. */
function settle({ options = {}, env = {}, config, record }: Given): Settings {
  const cwd = directory()
  if (config !== undefined) writeFileSync(join(cwd, 'payflow.config.json'), typeof config === 'string' ? config : JSON.stringify(config)) // prettier-ignore
  if (record) writeRecord(cwd, record)
  return resolveSettings({ options, env: { PAYFLOW_HOME: cwd, ...env }, cwd })
}

function refusal(given: Given): PayflowError {
  try {
    settle(given)
  } catch (error) {
    if (error instanceof PayflowError) return error
    throw error
  }
  throw new Error('the settings were accepted')
}

describe('where a setting comes from', () => {
  const options = { brokers: 'option:1' }
  const env = { PAYFLOW_BROKERS: 'environment:1' }
  const config = { brokers: ['file:1'] }

  test('an option counts more than the environment, the file, the record and the default, in this order', () => {
    const all = { options, env, config, record: recorded }
    expect(settle(all)).toMatchObject({
      brokers: ['option:1'],
      brokersGiven: true,
      origins: { brokers: { text: '--brokers' } },
    })
    expect(settle({ ...all, options: {} })).toMatchObject({
      brokers: ['environment:1'],
      origins: { brokers: { text: 'PAYFLOW_BROKERS' } },
    })
    const fromFile = settle({ config, record: recorded })
    expect(fromFile.brokers).toEqual(['file:1'])
    expect(fromFile.origins.brokers.text).toBe(join(fromFile.home, 'payflow.config.json'))
    expect(settle({ record: recorded })).toMatchObject({
      brokers: recorded.brokers,
      brokersGiven: false,
      ksqlUrl: recorded.ksql,
      origins: { brokers: { text: 'infra up' }, ksqlUrl: { text: 'infra up' } },
    })
    expect(settle({})).toMatchObject({
      brokers: ['127.0.0.1:9092'],
      brokersGiven: false,
      ksqlUrl: undefined,
      origins: { brokers: { text: 'default' }, partitions: { text: 'default' } },
    })
  })

  test('an empty variable says nothing', () => {
    expect(settle({ env: { PAYFLOW_PARTITIONS: '' } }).partitions).toBe(3)
  })

  test('the file may hold numbers and lists, or the text of the command line', () => {
    const config = { partitions: 6, nodes: '3', brokers: 'a:1, b:2', sessionTimeout: '10s' }
    expect(settle({ config })).toMatchObject({
      partitions: 6,
      nodes: 3,
      brokers: ['a:1', 'b:2'],
      sessionTimeoutMs: 10_000,
    })
  })

  test('a file that was named must be there; it is looked for from the working directory', () => {
    const cwd = directory()
    const resolve = (options: SettingSources['options'], env: NodeJS.ProcessEnv = {}) =>
      resolveSettings({ options, env: { PAYFLOW_HOME: cwd, ...env }, cwd })
    expect(() => resolve({ config: 'other.json' })).toThrow(`Cannot read ${join(cwd, 'other.json')}`)
    writeFileSync(join(cwd, 'other.json'), '{"partitions":7}')
    expect(resolve({ config: 'other.json' })).toMatchObject({ partitions: 7, configFile: join(cwd, 'other.json') })
    expect(resolve({}, { PAYFLOW_CONFIG: 'other.json' }).partitions).toBe(7)
    expect(resolve({}).partitions).toBe(3)
  })

  test('a user without a home directory is asked for PAYFLOW_HOME, and needs nothing else', () => {
    vi.stubEnv('HOME', '')
    onTestFinished(() => void vi.unstubAllEnvs())
    const settingsOf = (env: NodeJS.ProcessEnv) => () => resolveSettings({ options: {}, env, cwd: '/' })
    expect(settingsOf({})).toThrow(expect.objectContaining({ code: 'NO_HOME_DIRECTORY', kind: 'usage' }) as Error)
    expect(settingsOf({ PAYFLOW_HOME: '/var/payflow' })().home).toBe('/var/payflow')
  })

  test.each([
    ['with a byte order mark', Buffer.from('\uFEFF{"partitions": 5}')],
    ['in UTF-16', Buffer.from('\uFEFF{"partitions": 5}\r\n', 'utf16le')],
  ])('a file that an editor saved %s is read', (_, bytes) => {
    const cwd = directory()
    writeFileSync(join(cwd, 'payflow.config.json'), bytes)
    expect(resolveSettings({ options: {}, env: { PAYFLOW_HOME: cwd }, cwd }).partitions).toBe(5)
  })

  test('a file that is not text is named', () => {
    const cwd = directory()
    const path = join(cwd, 'payflow.config.json')
    writeFileSync(path, Buffer.from([0x7b, 0xe9, 0x7d]))
    const settingsOf = () => resolveSettings({ options: {}, env: { PAYFLOW_HOME: cwd }, cwd })
    expect(settingsOf).toThrow(`Cannot read ${path}: The encoded data was not valid for encoding utf-8`)
  })

  test('a home may begin with ~ or be relative to the working directory', () => {
    const cwd = directory()
    const home = (PAYFLOW_HOME: string) => resolveSettings({ options: {}, env: { PAYFLOW_HOME }, cwd }).home
    expect(home('~/elsewhere')).toBe(join(homedir(), 'elsewhere'))
    expect(home('data')).toBe(join(cwd, 'data'))
  })
})

describe('a value that is not allowed', () => {
  test.each<[Given, string, string]>([
    [{ options: { engine: 'podman' } }, '--engine cannot be "podman"', 'auto, docker, local or external'],
    [{ env: { PAYFLOW_ENGINE: 'x' } }, 'PAYFLOW_ENGINE cannot be "x"', 'auto, docker, local or external'],
    [{ env: { PAYFLOW_KAFKA_PORT: '65536' } }, 'PAYFLOW_KAFKA_PORT cannot be "65536"', 'an integer from 0 to 65535'],
    [{ options: { partitions: '0' } }, '--partitions cannot be "0"', 'an integer from 1 to 1000'],
    [{ options: { partitions: '1.5' } }, '--partitions cannot be "1.5"', 'an integer from 1 to 1000'],
    [{ options: { brokers: 'one two' } }, '--brokers cannot be "one two"', 'one host:port or several with commas between them'], // prettier-ignore
    [{ options: { brokers: 'a:1,,b:2' } }, '--brokers cannot be "a:1,,b:2"', 'one host:port or several with commas between them'], // prettier-ignore
    [{ options: { brokers: 'a:65536' } }, '--brokers cannot be "a:65536"', 'one host:port or several with commas between them'], // prettier-ignore
    [{ options: { ksqlUrl: 'localhost:8088' } }, '--ksql-url cannot be "localhost:8088"', 'an http:// or https:// address without a password in it'], // prettier-ignore
    [{ options: { sessionTimeout: '1s' } }, '--session-timeout cannot be "1s"', 'a duration from 6s to 30m: a number with ms, s, m, h or d'], // prettier-ignore
    [{ options: { sessionTimeout: 'soon' } }, '--session-timeout cannot be "soon"', 'a duration from 6s to 30m: a number with ms, s, m, h or d'], // prettier-ignore
  ])('%j is refused by name, with what is allowed', (given, message, allowed) => {
    expect(refusal(given)).toMatchObject({ kind: 'usage', message, hint: `allowed: ${allowed}` })
  })

  test.each([
    ['http://localhost:8088', /^brokers are named host:port, without http:/],
    ['::1', /^an IPv6 address needs brackets/],
  ])('%s as a broker is answered with the reason', (brokers, hint) => {
    expect(refusal({ options: { brokers } }).hint).toMatch(hint)
  })

  test.each(['http://:hunter2@localhost:8088', 'http://localhost:8088/?x=1', 'http://localhost:8088/#x'])(
    '%s is not the address of a ksqlDB',
    (ksqlUrl) => {
      expect(refusal({ options: { ksqlUrl } }).code).toBe('SETTING_INVALID')
    },
  )

  test('of the file is refused with its key and the path', () => {
    expect(refusal({ config: { nodes: 12 } }).message).toMatch(/^"nodes" in \/.*payflow\.config\.json cannot be "12"$/)
  })

  test.each([
    ['{"engin":"local"}', /^Unknown key "engin" in \/.*/, 'did you mean engine?'],
    ['[1]', /does not hold a JSON object$/, /^allowed keys: engine, brokers/],
    ['null', /does not hold a JSON object$/, /^allowed keys/],
    ['{"engine": local}', /is not JSON: Unexpected token 'l'$/, 'correct the file'],
    ['{"engine"', /is not JSON: .+/, 'correct the file'],
  ])('the file %j is refused in a line', (config, message, hint) => {
    const error = refusal({ config })
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\n')
    expect(error.hint).toMatch(hint)
    expect(error.kind).toBe('usage')
  })

  test('a port may be 0: any free one, and no broker is known then', () => {
    expect(settle({ env: { PAYFLOW_KAFKA_PORT: '0' } }).brokers).toEqual([])
  })
})

describe('secrets', () => {
  test.each<Given>([
    { config: '{"ksqlPassword": hunter2 }' },
    { config: '{\n  "ksqlUser": "ada",\n  "ksqlPassword": hunter2,\n  "nodes": 1\n}' },
    { config: { ksqlPassword: ['hunter2'] } },
    { options: { ksqlUrl: 'http://ada:hunter2@localhost:8088' } },
    { env: { PAYFLOW_KSQL_URL: 'http://ada:hunter2@localhost:8088' } },
    { config: { brokers: ['ada:hunter2@kafka:9092'] } },
  ])('are in no error: %j', (given) => {
    const { message, hint } = refusal(given)
    expect(`${message} ${hint ?? ''}`).not.toContain('hunter2')
    expect(message).not.toContain('\n')
  })
})

describe('contradictions', () => {
  test('brokers that run already do not go with an engine that starts some', () => {
    const env = { PAYFLOW_ENGINE: 'local', PAYFLOW_BROKERS: 'a:1' }
    const message = 'PAYFLOW_ENGINE says local, but PAYFLOW_BROKERS names brokers that run already'
    expect(refusal({ env })).toMatchObject({ code: 'ENGINE_CONFLICT', message })
    expect(refusal({ options: { engine: 'docker', brokers: 'a:1' } }).code).toBe('ENGINE_CONFLICT')
  })

  test('an option decides against the environment, and the environment against the file', () => {
    const given = { brokers: ['a:1'], brokersGiven: true, engine: 'auto' }
    expect(settle({ options: { brokers: 'a:1' }, env: { PAYFLOW_ENGINE: 'local' } })).toMatchObject(given)
    expect(settle({ env: { PAYFLOW_BROKERS: 'a:1' }, config: { engine: 'docker' } })).toMatchObject(given)
    const started = { brokers: ['127.0.0.1:9092'], brokersGiven: false, engine: 'local' }
    expect(settle({ options: { engine: 'local' }, env: { PAYFLOW_BROKERS: 'a:1' } })).toMatchObject(started)
    expect(settle({ env: { PAYFLOW_ENGINE: 'local' }, config: { brokers: ['a:1'] } })).toMatchObject(started)
  })

  test('the engine external needs brokers, whatever is recorded', () => {
    expect(refusal({ options: { engine: 'external' }, record: recorded })).toMatchObject({ code: 'BROKERS_MISSING' })
  })
})

describe('what infra up recorded', () => {
  test('holds for its own engine and for auto, not for another engine', () => {
    expect(settle({ options: { engine: 'local' }, record: recorded }).record).toEqual(recorded)
    expect(settle({ options: { engine: 'docker' }, record: recorded })).toMatchObject({ record: undefined })
  })

  test('says which Kafka runs to those who name none; a version that is named counts more', () => {
    const four: InfraRecord = { ...recorded, kafka: '4' }
    const { kafka, origins } = settle({ record: four })
    expect([kafka, origins.kafka.text]).toEqual(['4', 'infra up'])
    expect(settle({ record: four, options: { kafka: '3.9' } })).toMatchObject({ kafka: '3.9' })
    expect(settle({ record: recorded })).toMatchObject({ kafka: '3.9', origins: { kafka: { kind: 'default' } } })
    expect(settle({ config: { kafka: 4 } }).kafka).toBe('4')
    expect(() => settle({ env: { PAYFLOW_KAFKA: '5' } })).toThrow('PAYFLOW_KAFKA cannot be "5"')
  })

  test('brokers that it told people to export are still its own, in any order', () => {
    const record = { ...recorded, brokers: ['a:1', 'b:2'] }
    expect(settle({ env: { PAYFLOW_BROKERS: 'b:2,a:1' }, record }).brokersGiven).toBe(false)
    expect(settle({ env: { PAYFLOW_BROKERS: 'b:2' }, record }).brokersGiven).toBe(true)
  })

  test('is read as it was written, is gone when it is removed, and is nothing when it cannot be read', () => {
    const home = directory()
    writeRecord(home, recorded)
    expect(readRecord(home)).toEqual(recorded)
    writeFileSync(join(home, 'infra.json'), '{"engine":"local"}')
    expect(readRecord(home)).toBeUndefined()
    removeRecord(home)
    removeRecord(home)
    expect(readRecord(home)).toBeUndefined()
  })
})

test.each<Given>([
  {},
  { record: recorded },
  { record: recorded, options: { engine: 'external', brokers: recorded.brokers.join() } },
  { record: recorded, options: { engine: 'docker' } },
  { options: { brokers: '[::1]:9092,b:2', partitions: '7', replicationFactor: '2', ksqlUrl: 'https://ksql:8088/x' } },
  {
    config: {
      brokers: 'SASL_SSL://a:1',
      tlsCa: 'ca.pem',
      tlsPassphrase: 'p',
      saslMechanism: 'scram-sha-512',
      saslUsername: 'ada',
      saslPassword: 's',
    },
  },
  {
    env: { PAYFLOW_TLS_KEY: '-----BEGIN PRIVATE KEY-----\\nMIIB', PAYFLOW_TLS_CERT: 'cert.pem' },
    options: { brokers: 'a:1', saslTokenCommand: 'cat "a token"' },
  },
  { config: { sessionTimeout: '1.5m', transactionTimeout: '90s', linger: '0ms', ksqlUser: 'a', ksqlPassword: 'b' } },
  { env: { PAYFLOW_KAFKA_PORT: '0' } },
])('a process that is given the environment of settings comes to the same ones: %j', (given) => {
  const settings = settle(given)
  const env = { ...given.env, ...childEnvironment(settings) }
  const again = resolveSettings({ options: {}, env, cwd: settings.home })
  // To that process its brokers are given ones, whoever started them.
  const essence = ({ engine: _, origins: __, brokersGiven: ___, ...rest }: Settings) => rest
  expect(essence(again)).toEqual(essence(settings))
})

describe('security of the connection', () => {
  const code = (given: Given): unknown => {
    try {
      return settle(given).tls ?? 'none'
    } catch (error) {
      return (error as PayflowError).code
    }
  }

  test('that an option asks for is refused where payflow starts the brokers itself', () => {
    expect(code({ options: { tls: 'on' } })).toBe('SECURITY_NOT_USED')
    expect(code({ options: { saslMechanism: 'plain' }, record: recorded })).toBe('SECURITY_NOT_USED')
    expect(code({ options: { tls: 'on', brokers: 'kafka.example:9093' } })).toBe('on')
    expect(code({ options: { tls: 'off' } })).toBe('off')
  })

  test('that variables or files speak of may be for another cluster, and counts for nothing there', () => {
    expect(code({ env: { PAYFLOW_TLS: 'on' } })).toBe('on')
    expect(code({ config: { saslMechanism: 'plain' } })).toBe('none')
  })
})
