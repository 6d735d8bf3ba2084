import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of every store and encrypted key that `createCertificates` writes. */
export const STORE_PASSWORD = 'store-pass-1'

/** Paths of what brokers and clients need. Stores are PKCS#12, except for the two of Java's own format. */
export interface Certificates {
  readonly ca: string
  /** A CA that signed nothing here. */
  readonly otherCa: string
  readonly trustStore: string
  readonly jksTrustStore: string
  /** `User:CN=alice`. */
  readonly client: {
    readonly cert: string
    readonly key: string
    readonly encryptedKey: string
    readonly store: string
  }
  /** `broker` is for localhost and 127.0.0.1; the others are wrong in the way that they are called. */
  readonly stores: Readonly<Record<'broker' | 'expired' | 'misnamed', string>>
}

/** Creates a CA, and certificates that it has signed, in `directory`. */
export function createCertificates(directory: string): Certificates {
  const path = (name: string): string => join(directory, name)
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', [...args], { cwd: directory, stdio: 'pipe' })
  const keytool = (...args: readonly string[]): void =>
    void execFileSync('keytool', [...args, '-storepass', STORE_PASSWORD, '-noprompt'], {
      cwd: directory,
      stdio: 'pipe',
    })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

  for (const [name, subject] of [
    ['ca', '/CN=payflow test CA'],
    ['other-ca', '/CN=another CA'],
  ] as const)
    openssl('req', '-x509', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '30', '-subj', subject)
  const signed = (name: string, subject: string, extensions: string, dates: readonly string[]): void => {
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject)
    writeFileSync(path(`${name}.ext`), extensions)
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${name}.pem`, '-extfile', `${name}.ext`, ...dates) // prettier-ignore
    openssl('pkcs12', '-export', '-in', `${name}.pem`, '-inkey', `${name}.key`, '-certfile', 'ca.pem', '-name', name, '-out', `${name}.p12`, '-passout', `pass:${STORE_PASSWORD}`) // prettier-ignore
  }
  const local = 'subjectAltName=DNS:localhost,IP:127.0.0.1\n'
  signed('broker', '/CN=broker', local, ['-days', '30'])
  signed('expired', '/CN=broker', local, ['-days', '-1'])
  signed('misnamed', '/CN=broker', 'subjectAltName=DNS:kafka.internal,DNS:*.kafka.example\n', ['-days', '30'])
  signed('client', '/CN=alice', 'extendedKeyUsage=clientAuth\n', ['-days', '30'])
  openssl('pkcs8', '-topk8', '-in', 'client.key', '-out', 'client.encrypted.key', '-passout', `pass:${STORE_PASSWORD}`)
  for (const [type, store] of [
    ['PKCS12', 'trust.p12'],
    ['JKS', 'trust.jks'],
  ] as const)
    keytool('-importcert', '-alias', 'ca', '-file', 'ca.pem', '-keystore', store, '-storetype', type)

  return {
    ca: path('ca.pem'),
    otherCa: path('other-ca.pem'),
    trustStore: path('trust.p12'),
    jksTrustStore: path('trust.jks'),
    client: {
      cert: path('client.pem'),
      key: path('client.key'),
      encryptedKey: path('client.encrypted.key'),
      store: path('client.p12'),
    },
    stores: { broker: path('broker.p12'), expired: path('expired.p12'), misnamed: path('misnamed.p12') },
  }
}
