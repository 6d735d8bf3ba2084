import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { tlsOptions, type TlsSettings } from '../../../src/settings/tls.ts'
import { createCertificates, STORE_PASSWORD } from '../../support/certificates.ts'

const directory = mkdtempSync(join(tmpdir(), 'payflow-tls-'))
afterAll(() => rmSync(directory, { recursive: true }))
const { ca, otherCa, trustStore, jksTrustStore, client } = createCertificates(directory)

const notAKey = join(directory, 'not-a-key.pem')
writeFileSync(notAKey, '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n')
// not every OpenSSL can still write one
const rc2Key = join(directory, 'rc2.key')
writeFileSync(
  rc2Key,
  `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGxMBwGCiqGSIb3DQEMAQYwDgQIOti41NwarL8CAggABIGQqY70ByT0goHQ/VGe
qC8fjHAqWFglshTDv+CupEbg7iCAvzfkr4MYOpUmNwYsilIIl85zsOvvSGVkCAL9
bpKKSac1iAK/OTJ8S+TrCipVvt+lU3Ns6p/oNXd1HeGHn8dAL6xbHbuL6U10tIV5
ICmLEnqL0nDMO2L3nUUrs+N07SocnuUs6cA4YI8dbVlsRgHo
-----END ENCRYPTED PRIVATE KEY-----
`,
)

const options = (settings: Partial<TlsSettings>): ReturnType<typeof tlsOptions> =>
  tlsOptions({ tlsVerify: 'full', ...settings })
const subjects = (settings: Partial<TlsSettings>): string[] =>
  (options(settings).ca as string[]).map((pem) => new X509Certificate(pem).subject)

function refusal(settings: Partial<TlsSettings>): unknown {
  try {
    return options(settings)
  } catch (error) {
    return error
  }
}

describe('CAs', () => {
  test('are read from PEM, with several in a file, and from the text itself with \\n for its lines', () => {
    const both = join(directory, 'both.pem')
    writeFileSync(both, readFileSync(ca, 'utf8') + readFileSync(otherCa, 'utf8'))
    expect(subjects({ tlsCa: both })).toEqual(['CN=payflow test CA', 'CN=another CA'])
    expect(subjects({ tlsCa: readFileSync(ca, 'utf8').replaceAll('\n', '\\n') })).toEqual(['CN=payflow test CA'])
  })

  test("are read from Java's PKCS#12 trust store", () => {
    expect(subjects({ tlsCa: trustStore, tlsCaPassphrase: STORE_PASSWORD })).toEqual(['CN=payflow test CA'])
    expect(subjects({ tlsCa: trustStore, tlsPassphrase: STORE_PASSWORD })).toEqual(['CN=payflow test CA'])
  })
})

test('a certificate and its key are taken from PEM files, encrypted ones too, or from PKCS#12', () => {
  expect(options({ tlsCert: client.cert, tlsKey: client.key })).toMatchObject({ key: readFileSync(client.key) })
  expect(options({ tlsCert: client.cert, tlsKey: client.encryptedKey, tlsPassphrase: STORE_PASSWORD })).toBeTruthy()
  expect(options({ tlsPfx: client.store, tlsPassphrase: STORE_PASSWORD })).toMatchObject({ passphrase: STORE_PASSWORD })
})

test('what is checked of a certificate can be less, never by accident', () => {
  expect(options({})).toEqual({})
  expect(options({ tlsVerify: 'none' })).toEqual({ rejectUnauthorized: false })
  expect(Object.keys(options({ tlsVerify: 'issuer' }))).toEqual(['checkServerIdentity'])
  expect(options({ tlsServerName: 'kafka.internal' })).toEqual({ servername: 'kafka.internal' })
})

test.each<[string, Partial<TlsSettings>, string, RegExp]>([
  ['a JKS trust store', { tlsCa: jksTrustStore }, 'TLS_JKS', /keytool -importkeystore -srckeystore \S+trust\.jks -destkeystore \S+trust\.p12 -deststoretype PKCS12/], // prettier-ignore
  ['a missing file', { tlsCa: join(directory, 'nosuch.pem') }, 'TLS_FILE_UNREADABLE', /--tls-ca/],
  ['a key for a CA', { tlsCa: client.key }, 'TLS_FILE_INVALID', /--tls-ca/],
  ['a store that is none', { tlsCa: join(directory, 'broker.ext') }, 'TLS_FILE_INVALID', /one of these formats/],
  ['a store without its passphrase', { tlsCa: trustStore }, 'TLS_PASSPHRASE', /PAYFLOW_TLS_CA_PASSPHRASE/],
  ['a store with another passphrase', { tlsCa: trustStore, tlsCaPassphrase: 'x' }, 'TLS_PASSPHRASE', /PAYFLOW_TLS_CA_PASSPHRASE/], // prettier-ignore
  ['a certificate alone', { tlsCert: client.cert }, 'TLS_INCOMPLETE', /--tls-key/],
  ['a key alone', { tlsKey: client.key }, 'TLS_INCOMPLETE', /--tls-cert/],
  ["a certificate with another's key", { tlsCert: client.cert, tlsKey: join(directory, 'broker.key') }, 'TLS_KEY_DIFFERS', /belong together/], // prettier-ignore
  ['an encrypted key without a passphrase', { tlsCert: client.cert, tlsKey: client.encryptedKey }, 'TLS_PASSPHRASE', /PAYFLOW_TLS_PASSPHRASE/], // prettier-ignore
  ['an encrypted key with another passphrase', { tlsCert: client.cert, tlsKey: client.encryptedKey, tlsPassphrase: 'x' }, 'TLS_PASSPHRASE', /PAYFLOW_TLS_PASSPHRASE/], // prettier-ignore
  ['a key that is none', { tlsCert: client.cert, tlsKey: notAKey }, 'TLS_FILE_INVALID', /are PEM files/],
  ['a key encrypted with RC2', { tlsCert: client.cert, tlsKey: rc2Key, tlsPassphrase: STORE_PASSWORD }, 'TLS_FILE_INVALID', /openssl pkey -provider legacy/], // prettier-ignore
  ['PKCS#12 with another passphrase', { tlsPfx: client.store, tlsPassphrase: 'x' }, 'TLS_PASSPHRASE', /PAYFLOW_TLS_PASSPHRASE/], // prettier-ignore
])('%s is refused with what to do', (_, settings, code, hint) => {
  expect(refusal(settings)).toMatchObject({ code, kind: 'usage', hint: expect.stringMatching(hint) as string })
})

test('of 500 wrong passphrases each is said to be wrong, those that decrypt to something too', () => {
  const codes = Array.from({ length: 500 }, (_, index) =>
    refusal({ tlsCert: client.cert, tlsKey: client.encryptedKey, tlsPassphrase: `wrong-${index}` }),
  ).map((error) => (error as { code?: string }).code)
  expect(new Set(codes)).toEqual(new Set(['TLS_PASSPHRASE']))
})
