import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { failedPaymentsWorker } from '../../src/pipeline/workers/failed-payments.ts'
import { readCas } from '../../src/settings/tls-files.ts'
import { STORE_PASSWORD } from '../support/certificates.ts'
import { command, type CommandResult } from '../support/command.ts'
import { freePort } from '../../src/infra/ports.ts'
import { eventsOf, isolated, start } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { securedBroker, tokenCommand } from '../support/secured.ts'
import { passwords, type Listener, type SecuredBroker } from '../support/secured-broker.ts'
import { temporaryHome } from '../support/home.ts'
import { eventually } from '../support/wait.ts'

let broker: SecuredBroker
beforeAll(async () => {
  broker = await securedBroker()
})

type Variables = Readonly<Record<string, string>>

/** `payflow topics list` at a listener, with these variables beside the CA. */
function listTopicsAt(listener: Listener, env: Variables = {}, argv: readonly string[] = []): Promise<CommandResult> {
  const all = { PAYFLOW_BROKERS: broker.addresses[listener], PAYFLOW_TLS_CA: broker.certificates.ca, ...env }
  return command(['topics', 'list', ...argv], { env: all })
}

const login = (mechanism: string, user: keyof typeof passwords = 'admin'): Variables => ({
  PAYFLOW_SASL_MECHANISM: mechanism,
  PAYFLOW_SASL_USERNAME: user,
  PAYFLOW_SASL_PASSWORD: passwords[user],
})
const plainText = { PAYFLOW_TLS_CA: '' }

describe('a cluster is reached', () => {
  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('with TLS and %s', async (mechanism) => {
    expect(await listTopicsAt('secure', login(mechanism))).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('with TLS and a token', async () => {
    const env = { PAYFLOW_SASL_MECHANISM: 'oauthbearer', PAYFLOW_SASL_TOKEN_COMMAND: tokenCommand('admin', 60) }
    expect(await listTopicsAt('secure', env)).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('with SCRAM and no TLS', async () => {
    expect(await listTopicsAt('open', { ...plainText, ...login('scram-sha-512') })).toMatchObject({ exitCode: 0 })
  })

  test('with a certificate, from PEM or PKCS#12, and CAs from a trust store of Java', async () => {
    const { client: own, trustStore } = broker.certificates
    const pem = {
      PAYFLOW_TLS_CERT: own.cert,
      PAYFLOW_TLS_KEY: own.encryptedKey,
      PAYFLOW_TLS_PASSPHRASE: STORE_PASSWORD,
    }
    const store = { PAYFLOW_TLS_CA: trustStore, PAYFLOW_TLS_PFX: own.store, PAYFLOW_TLS_PASSPHRASE: STORE_PASSWORD }
    expect(await listTopicsAt('mutual', pem)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await listTopicsAt('mutual', store)).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test("with Java's file of client properties, and the password from a file of its own", async () => {
    const { home } = await temporaryHome()
    const [properties, secret] = [join(home, 'client.properties'), join(home, 'password')]
    const lines = [
      `bootstrap.servers=${broker.addresses.secure}`,
      'security.protocol=SASL_SSL',
      'sasl.mechanism=SCRAM-SHA-512',
      `sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="${passwords.admin}";`,
      `ssl.truststore.location=${broker.certificates.trustStore}`,
      `ssl.truststore.password=${STORE_PASSWORD}`,
    ]
    writeFileSync(properties, lines.join('\n'))
    expect(await command(['topics', 'list', '--client-config', properties])).toMatchObject({ exitCode: 0, stderr: '' })

    writeFileSync(properties, lines.join('\n').replace(` password="${passwords.admin}"`, ''))
    writeFileSync(secret, `${passwords.admin}\n`)
    const env = { PAYFLOW_CLIENT_CONFIG: properties, PAYFLOW_SASL_PASSWORD_FILE: secret }
    expect(await command(['topics', 'list'], { env })).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('whatever the name in its certificate, where only its issuer is to be checked, and that is said', async () => {
    const { exitCode, stderr } = await listTopicsAt('misnamed', {}, ['--tls-verify', 'issuer'])
    expect([exitCode, stderr]).toEqual([0, 'Warning: host names in certificates of brokers are not checked (--tls-verify)\n']) // prettier-ignore
    expect(await listTopicsAt('misnamed', { PAYFLOW_TLS_SERVER_NAME: 'kafka.internal' })).toMatchObject({ exitCode: 0 })
  })
})

const other = (): Variables => ({ PAYFLOW_TLS_CA: broker.certificates.otherCa })
const wrong = (mechanism: string): Variables => ({ ...login(mechanism), PAYFLOW_SASL_PASSWORD: 'hunter2' })
const badToken = { PAYFLOW_SASL_MECHANISM: 'oauthbearer', PAYFLOW_SASL_TOKEN_COMMAND: tokenCommand('admin', -60) }
const noToken = { PAYFLOW_SASL_MECHANISM: 'oauthbearer', PAYFLOW_SASL_TOKEN_COMMAND: 'echo no profile >&2; exit 3' }

describe('what fails is named by its phase, with what to do', () => {
  test.each<[string, Listener, () => Variables, string, RegExp, RegExp]>([
    ['plain text against TLS', 'secure', () => plainText, 'TLS_EXPECTED', /^No Kafka broker answers at localhost:\d+ \(it expects TLS\)$/, /--tls on/],
    ['TLS against plain text', 'open', () => login('scram-sha-512'), 'TLS_UNEXPECTED', /^No TLS connection to \S+ \(it does not speak TLS\)$/, /--tls off/],
    ['an unknown issuer', 'secure', other, 'CERTIFICATE_UNTRUSTED', /its certificate \(broker\) is signed by "payflow test CA", which is not trusted/, /--tls-ca FILE/],
    ['an expired certificate', 'expired', () => ({}), 'CERTIFICATE_EXPIRED', /its certificate has expired: it is valid from [\d-]+ to [\d-]+/, /^renew/],
    ['another name', 'misnamed', () => ({}), 'CERTIFICATE_NAME', /its certificate is not for localhost, but for kafka\.internal, \*\.kafka\.example/, /--tls-server-name/],
    ['another name where it is advertised', 'astray', () => ({}), 'CERTIFICATE_NAME', /^A broker answers at localhost:\d+, but tells clients to use 127\.0\.0\.2:\d+ \(its certificate is not for 127\.0\.0\.2, but for localhost, 127\.0\.0\.1\)$/, /--tls-server-name/],
    ['no certificate of the client', 'mutual', () => ({}), 'CLIENT_CERTIFICATE', /\(it wants a certificate of the client\)$/, /--tls-cert and --tls-key/],
    ['no login', 'secure', () => ({}), 'LOGIN_EXPECTED', /^The broker at \S+ expects a login \(SASL\); it offers OAUTHBEARER, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512$/, /--client-config/],
    ['a login where none is taken', 'plaintext', () => ({ ...plainText, ...login('scram-sha-512') }), 'LOGIN_UNEXPECTED', /takes no login/, /leave the login out/],
    ['a mechanism that is not offered', 'open', () => ({ ...plainText, ...login('plain') }), 'MECHANISM_NOT_OFFERED', /does not offer PLAIN: it offers SCRAM-SHA-512$/, /--sasl-mechanism/],
    ['another password, SCRAM', 'secure', () => wrong('scram-sha-256'), 'LOGIN_REFUSED', /refuses the login of admin with SCRAM-SHA-256: .*invalid credentials/, /config show/],
    ['another password, PLAIN', 'secure', () => wrong('plain'), 'LOGIN_REFUSED', /refuses the login of admin with PLAIN: .*Invalid username or password/, /config show/],
    ['an expired token', 'secure', () => badToken, 'LOGIN_REFUSED', /refuses the token with OAUTHBEARER/, /has not expired/],
    ['a command that prints none', 'secure', () => noToken, 'TOKEN_COMMAND_FAILED', /^The command for tokens ended with 3: no profile$/, /must print a token/],
  ])('%s', async (_, listener, env, code, message, hint) => {
    const { exitCode, stdout, stderr } = await listTopicsAt(listener, env(), ['--json'])
    expect([exitCode, stdout]).toEqual([3, ''])
    expect(stderr).not.toContain('hunter2')
    const last = JSON.parse(stderr.trim().split('\n').at(-1)!) as unknown
    expect(last).toMatchObject({ error: { code, message: expect.stringMatching(message) as string, hint: expect.stringMatching(hint) as string } }) // prettier-ignore
  }) // prettier-ignore

  test('nobody there, and no such name, as without TLS', async () => {
    const at = (brokers: string): Promise<CommandResult> => listTopicsAt('secure', { PAYFLOW_BROKERS: brokers })
    expect((await at(`127.0.0.1:${await freePort()}`)).stderr).toMatch(/\(connection refused\)/)
    expect((await at('nosuch.invalid:9093')).stderr).toMatch(/\(its name cannot be resolved\)/)
  })

  test('a missing right ends with 1, and names operation, resource and the command that grants it', async () => {
    const { output } = await isolated(failedPaymentsWorker, { addresses: [broker.addresses.plaintext] })
    const env = { PAYFLOW_TLS_CA: broker.certificates.ca, PAYFLOW_BROKERS: broker.addresses.secure, ...login('plain', 'alice') } // prettier-ignore
    const { exitCode, stderr } = await command(['groups', 'describe', `group-of-${output}`], { env })
    expect(stderr).toMatch(/^Error: Not allowed by the brokers: (Describe|Read) on group group-of-\S+\n→ .*kafka-acls --add --operation/) // prettier-ignore
    expect(exitCode).toBe(1)
  })
})

test('a worker outlives many tokens: it logs in again before each session ends, and nothing stands still', async () => {
  const addresses = [broker.addresses.plaintext]
  const { home } = await temporaryHome()
  const { worker, topicOf, output } = await isolated(failedPaymentsWorker, { addresses, partitions: 1 })
  const runs = join(home, 'tokens')
  const sasl = { mechanism: 'oauthbearer', tokenCommand: `printf x >> '${runs}'; ${tokenCommand('admin', 6)}` } as const
  const tls = { ca: readCas(broker.certificates.ca, undefined, 'ca') }
  const running = start([worker], { client: { brokers: [broker.addresses.secure], tls, sasl } })
  const emitted = (): number => eventsOf(running.events, 'committed').reduce((sum, event) => sum + event.emitted, 0)

  let sent = 0
  while (!existsSync(runs) || readFileSync(runs).length < 4) {
    await writeAll(addresses, topicOf('payments'), [{ key: '7', value: failedPayment(sent) }])
    sent++
    await eventually(() => expect(emitted()).toBe(sent))
  }
  running.stop()
  await running.done
  const told = running.events.map(({ kind }) => kind)
  for (const kind of ['trouble', 'aborted', 'fenced', 'rejoined', 'connection-lost']) expect(told).not.toContain(kind)
  expect(await readAll(addresses, output)).toHaveLength(sent)
})

const failedPayment = (i: number): string =>
  JSON.stringify({
    payment_id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    order_id: '11111111-1111-4111-8111-111111111111',
    user_id: 7,
    status: 'FAILED',
    amount: 1,
    payment_method: 'PayPal',
    timestamp: '2026-01-01T00:00:00Z',
  })
