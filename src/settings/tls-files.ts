import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { rootCertificates, type ConnectionOptions } from 'node:tls'
import type forgeModule from 'node-forge'
import { messageOf } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { isPemText, withLines } from './pem.ts'
import { usage } from './refuse.ts'

const require = createRequire(import.meta.url)

/** The bytes of a file, or of PEM text that stands in its place. `option`: what named it. @throws PayflowError (usage) */
export function readMaterial(source: string, option: string): Buffer {
  if (isPemText(source)) return Buffer.from(withLines(source))
  let bytes: Buffer
  try {
    bytes = readFileSync(source)
  } catch (error) {
    throw usage('TLS_FILE_UNREADABLE', `Cannot read ${source}: ${messageOf(error)}`, `name another file with ${option}`)
  }
  if (isJks(bytes)) throw javaKeystore(source, option)
  return bytes
}

export const isPem = (bytes: Buffer): boolean => bytes.includes('-----BEGIN ')

const jksMagic = [0xfeedfeed, 0xcececece]
const isJks = (bytes: Buffer): boolean => bytes.length > 4 && jksMagic.includes(bytes.readUInt32BE(0))

function javaKeystore(path: string, option: string): Error {
  const target = `${path.replace(/\.(jks|keystore|truststore)$/i, '')}.p12`
  return usage(
    'TLS_JKS',
    `${path} is a keystore of Java's own format (JKS), which only Java reads`,
    `convert it: keytool -importkeystore -srckeystore ${quoted(path)} -destkeystore ${quoted(target)} -deststoretype PKCS12; then name ${target} with ${option}`,
  )
}

/** The CAs of a PEM or PKCS#12 file, as PEM. @throws PayflowError (usage) */
export function readCas(source: string, passphrase: string | undefined, option: string): string[] {
  const bytes = readMaterial(source, option)
  const found = isPem(bytes) ? pemCertificates(bytes.toString('latin1')) : storeCertificates(bytes, source, passphrase)
  if (found.length > 0) return found
  throw usage('TLS_FILE_INVALID', `${isPemText(source) ? option : source} holds no certificate`, `name a PEM or PKCS#12 file with CAs with ${option}`) // prettier-ignore
}

const pemCertificates = (text: string): string[] =>
  text.match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (TRUSTED |X509 )?CERTIFICATE-----/g) ?? []

/** Node takes a PKCS#12 file for a certificate with its key; of a trust store the certificates have to be taken out. */
function storeCertificates(bytes: Buffer, path: string, passphrase: string | undefined): string[] {
  const forge = require('node-forge') as typeof forgeModule
  try {
    const store = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(bytes.toString('latin1')), false, passphrase ?? '')
    const bagType = forge.pki.oids.certBag!
    const bags = store.getBags({ bagType })[bagType] ?? []
    return bags.map(({ cert, asn1 }) => {
      // forge reads certificates with RSA keys only, and leaves others as they are
      const der = forge.asn1.toDer(cert ? forge.pki.certificateToAsn1(cert) : asn1).getBytes()
      const lines =
        Buffer.from(der, 'latin1')
          .toString('base64')
          .match(/.{1,64}/g) ?? []
      return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
    })
  } catch (error) {
    if (/MAC could not be verified|Invalid password|decrypt/i.test(messageOf(error)))
      throw usage('TLS_PASSPHRASE', `${path} does not open with ${passphrase === undefined ? 'no passphrase' : 'the given passphrase'}`, 'set PAYFLOW_TLS_CA_PASSPHRASE, or PAYFLOW_TLS_CA_PASSPHRASE_FILE') // prettier-ignore
    throw usage('TLS_FILE_INVALID', `${path} is neither PEM nor PKCS#12 (${messageOf(error)})`, 'name a file of one of these formats') // prettier-ignore
  }
}

/** With the CAs of one more place, where some are named: a `ca` of its own makes Node forget those it trusts. */
export const besideKnownCas = ({ ca, ...rest }: ConnectionOptions): ConnectionOptions => ({
  ...rest,
  ...(ca !== undefined && { ca: [...rootCertificates, ...(ca as string[])] }),
})
