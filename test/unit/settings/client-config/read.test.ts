import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readClientConfig } from '../../../../src/settings/client-config/read.ts'

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'payflow-client-config-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

function read(text: string): Record<string, string> {
  const path = join(directory(), 'client.properties')
  writeFileSync(path, text)
  return Object.fromEntries(Object.entries(readClientConfig(path)).map(([name, { value }]) => [name, value]))
}

describe('a file that a provider hands out', () => {
  test('of Java, with a jaas configuration over several lines', () => {
    expect(
      read(String.raw`# Required connection configs for Kafka producer, consumer, and admin
bootstrap.servers=pkc-1.eu.example:9092
security.protocol=SASL_SSL
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
    username='KEY' \
    password='a\\'b=c;d';
sasl.mechanism=PLAIN
client.dns.lookup=use_all_dns_ips
session.timeout.ms=45000
acks=all
schema.registry.url=https://registry.example
`),
    ).toEqual({
      brokers: 'pkc-1.eu.example:9092',
      tls: 'on',
      saslMechanism: 'plain',
      saslUsername: 'KEY',
      saslPassword: "a'b=c;d",
    })
  })

  test('of Java, with stores', () => {
    expect(
      read(`security.protocol = SSL
ssl.truststore.location: /etc/trust.p12
ssl.truststore.password = trust
ssl.truststore.type = PKCS12
ssl.keystore.location = C\\:\\\\keys\\\\me.p12
ssl.keystore.password = store
ssl.key.password = store
ssl.endpoint.identification.algorithm =
`),
    ).toEqual({
      tls: 'on',
      tlsCa: '/etc/trust.p12',
      tlsCaPassphrase: 'trust',
      tlsPfx: String.raw`C:\keys\me.p12`,
      tlsPassphrase: 'store',
      tlsVerify: 'issuer',
    })
  })

  test('of librdkafka, for which a backslash is one', () => {
    expect(
      read(String.raw`bootstrap.servers=a:9093,b:9093
security.protocol=sasl_ssl
sasl.mechanisms=SCRAM-SHA-256
sasl.username=ada
sasl.password=a\b#c=d
ssl.ca.location=/etc/ca.pem
enable.ssl.certificate.verification=false
topic.auto.offset.reset=smallest
queue.buffering.max.ms=5
`),
    ).toEqual({
      brokers: 'a:9093,b:9093',
      tls: 'on',
      tlsCa: '/etc/ca.pem',
      tlsVerify: 'none',
      saslMechanism: 'scram-sha-256',
      saslUsername: 'ada',
      saslPassword: String.raw`a\b#c=d`,
    })
  })

  test('with a protocol that uses neither, says no more than that', () => {
    expect(
      read('security.protocol=PLAINTEXT\nsasl.mechanism=PLAIN\nssl.ca.location=/ca.pem\nsasl.username=a\n'),
    ).toEqual({ tls: 'off' })
    expect(read('bootstrap.servers=a:1\n')).toEqual({ brokers: 'a:1', tls: 'off' })
  })
})

test.each<[string, string, RegExp, RegExp]>([
  ['sasl.mecanism=PLAIN', 'CLIENT_CONFIG_UNKNOWN_KEY', /^Unknown key "sasl\.mecanism" in /, /^did you mean sasl\.mechanism\?$/], // prettier-ignore
  ['tls=on', 'CLIENT_CONFIG_UNKNOWN_KEY', /^Unknown key "tls" in /, /^known: bootstrap\.servers, /],
  ['security.protocol=TLS', 'CLIENT_CONFIG_INVALID', /security\.protocol cannot be "TLS"$/, /PLAINTEXT, SSL, SASL_SSL or SASL_PLAINTEXT/], // prettier-ignore
  ['sasl.mechanism=PLAIN', 'CLIENT_CONFIG_INVALID', /says sasl\.mechanism, but no security\.protocol/, /^add security\.protocol=SASL_SSL$/], // prettier-ignore
  ['ssl.ca.location=/ca', 'CLIENT_CONFIG_INVALID', /says ssl\.ca\.location, but no/, /security\.protocol=SSL$/],
  ['security.protocol=SASL_SSL', 'CLIENT_CONFIG_INVALID', /says no sasl\.mechanism/, /^add sasl\.mechanism=/],
  ['security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI', 'CLIENT_CONFIG_UNSUPPORTED', /sasl\.mechanism=GSSAPI/, /PLAIN/],
  ['security.protocol=SASL_SSL\nsasl.mechanism=AWS_MSK_IAM', 'CLIENT_CONFIG_UNSUPPORTED', /AWS_MSK_IAM/, /--sasl-token-command/], // prettier-ignore
  ['sasl.oauthbearer.token.endpoint.url=x', 'CLIENT_CONFIG_UNSUPPORTED', /token\.endpoint/, /--sasl-token-command/],
  ['ssl.crl.location=x', 'CLIENT_CONFIG_UNSUPPORTED', /ssl\.crl\.location/, /leave it out/],
  ['security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config=a.b.PlainLoginModule required username="a";', 'CLIENT_CONFIG_INVALID', /has a PlainLoginModule, which does not go with the mechanism SCRAM-SHA-512$/, /agree/], // prettier-ignore
  ['security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=hunter2', 'CLIENT_CONFIG_INVALID', /sasl\.jaas\.config cannot be read$/, /PlainLoginModule|LoginModule required/], // prettier-ignore
])('%j is refused by name, with what to do', (text, code, message, hint) => {
  let error: unknown
  try {
    read(`${text}\n`)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({
    ...{ code, kind: 'usage' },
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  })
  expect(String(error)).not.toContain('hunter2')
})

describe('the directory of a Strimzi user', () => {
  const mounted = (files: Readonly<Record<string, string>>): string => {
    const path = join(directory(), 'user')
    mkdirSync(path)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
    return path
  }

  test('with a certificate; whoever names another CA is right', () => {
    const path = mounted({ 'ca.crt': 'CA', 'user.crt': 'C', 'user.key': 'K', 'user.p12': 'P', 'user.password': 'p' })
    expect(readClientConfig(path)).toEqual({
      tls: { value: 'on', key: 'user.crt' },
      tlsCa: { value: join(path, 'ca.crt'), key: 'ca.crt', weak: true },
      tlsCert: { value: join(path, 'user.crt'), key: 'user.crt' },
      tlsKey: { value: join(path, 'user.key'), key: 'user.key' },
    })
  })

  test('with a PKCS#12 file alone', () => {
    const path = mounted({ 'user.p12': 'P', 'user.password': 'secret\n' })
    expect(readClientConfig(path)).toMatchObject({
      tlsPfx: { value: join(path, 'user.p12') },
      tlsPassphrase: { value: 'secret' },
    })
  })

  test('with a password', () => {
    const jaas = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="ada" password="pw";'
    expect(readClientConfig(mounted({ password: 'pw', 'sasl.jaas.config': jaas }))).toEqual({
      saslMechanism: { value: 'scram-sha-512', key: 'sasl.jaas.config' },
      saslUsername: { value: 'ada', key: 'sasl.jaas.config' },
      saslPassword: { value: 'pw', key: 'sasl.jaas.config' },
    })
  })

  test('is refused when it is another one', () => {
    expect(() => readClientConfig(mounted({ 'tls.crt': 'x' }))).toThrow(/is not the secret of a Strimzi user/)
  })
})
