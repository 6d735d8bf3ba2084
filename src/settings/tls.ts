import { createSecureContext, type ConnectionOptions } from 'node:tls'
import { messageOf, type PayflowError } from '../errors.ts'
import { isPemText } from './pem.ts'
import { usage } from './refuse.ts'
import { isPem, readCas, readMaterial } from './tls-files.ts'

export interface TlsSettings {
  readonly tlsCa?: string | undefined
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
  readonly tlsPfx?: string | undefined
  readonly tlsServerName?: string | undefined
  readonly tlsVerify: 'full' | 'issuer' | 'none'
  readonly tlsPassphrase?: string | undefined
  readonly tlsCaPassphrase?: string | undefined
}

/**
 * What Node's TLS takes for these settings. Reads their files.
 * @throws PayflowError (usage) when one cannot be read, is of another format, needs another passphrase, or does not go with another
 */
export function tlsOptions(settings: TlsSettings): ConnectionOptions {
  const { tlsCa, tlsServerName, tlsVerify, tlsPassphrase, tlsCaPassphrase } = settings
  const identity = identityOf(settings)
  checkIdentity(identity, settings)
  return {
    ...identity,
    ...(tlsCa !== undefined && { ca: readCas(tlsCa, tlsCaPassphrase ?? tlsPassphrase, '--tls-ca') }),
    ...(tlsServerName !== undefined && { servername: tlsServerName }),
    ...(tlsVerify === 'none' && { rejectUnauthorized: false }),
    ...(tlsVerify === 'issuer' && { checkServerIdentity: () => undefined }),
  }
}

type Identity = Partial<Record<'cert' | 'key' | 'pfx', Buffer>> & { readonly passphrase?: string }

function identityOf({ tlsCert, tlsKey, tlsPfx, tlsPassphrase }: TlsSettings): Identity {
  const passphrase = tlsPassphrase === undefined ? {} : { passphrase: tlsPassphrase }
  if (tlsPfx !== undefined) {
    const store = readMaterial(tlsPfx, '--tls-pfx')
    // as a keystore, Java's clients also take a PEM file with the key and its certificates
    return isPem(store) ? { cert: store, key: store, ...passphrase } : { pfx: store, ...passphrase }
  }
  if (tlsCert === undefined && tlsKey === undefined) return {}
  if (tlsCert === undefined || tlsKey === undefined)
    throw usage('TLS_INCOMPLETE', tlsCert === undefined ? 'A private key is named without its certificate' : 'A certificate is named without its private key', `name the other file too: ${tlsCert === undefined ? '--tls-cert (PAYFLOW_TLS_CERT)' : '--tls-key (PAYFLOW_TLS_KEY)'}`) // prettier-ignore
  return { cert: readMaterial(tlsCert, '--tls-cert'), key: readMaterial(tlsKey, '--tls-key'), ...passphrase }
}

/** OpenSSL looks at them now: what is wrong with them is not the broker's. */
function checkIdentity(identity: Identity, { tlsCert, tlsKey, tlsPfx, tlsPassphrase }: TlsSettings): void {
  try {
    createSecureContext(identity)
  } catch (error) {
    throw identityFault(error, {
      key: shown(tlsPfx ?? tlsKey, 'PAYFLOW_TLS_KEY'),
      cert: shown(tlsCert, 'PAYFLOW_TLS_CERT'),
      hasPassphrase: tlsPassphrase !== undefined,
      isPemKey: identity.key !== undefined,
      isEncrypted: identity.key?.includes('ENCRYPTED') ?? false,
    })
  }
}

const shown = (source = '', variable: string): string => (isPemText(source) ? variable : source)

interface About {
  readonly key: string
  readonly cert: string
  readonly hasPassphrase: boolean
  readonly isPemKey: boolean
  readonly isEncrypted: boolean
}

const WRONG_PASSPHRASE =
  /mac verify failure|bad decrypt|bad password read|interrupted or cancelled|processing error|wrong tag/i

function identityFault(error: unknown, { key, cert, hasPassphrase, isPemKey, isEncrypted }: About): PayflowError {
  const said = messageOf(error)
  // of 256 wrong passphrases one yields valid padding, and OpenSSL then does not know what it has decrypted
  if (WRONG_PASSPHRASE.test(said) || (isEncrypted && /decoder routines::unsupported/i.test(said)))
    return usage('TLS_PASSPHRASE', hasPassphrase ? `${key} does not open with the given passphrase` : `${key} is encrypted, and no passphrase is given`, 'set PAYFLOW_TLS_PASSPHRASE, or PAYFLOW_TLS_PASSPHRASE_FILE') // prettier-ignore
  if (/key values mismatch|values do not match/i.test(said))
    return usage('TLS_KEY_DIFFERS', `The private key ${key} does not belong to the certificate ${cert}`, 'name the two that belong together; in the certificate file its own certificate comes first') // prettier-ignore
  if (/envelope routines::unsupported/i.test(said))
    return usage('TLS_FILE_INVALID', `${key} is encrypted in a way that is no longer supported (${said})`, writtenAgain(key, isPemKey)) // prettier-ignore
  return usage('TLS_FILE_INVALID', `${key || cert} cannot be used: ${said}`, 'a certificate and its key are PEM files (--tls-cert, --tls-key), or one PKCS#12 file (--tls-pfx)') // prettier-ignore
}

const writtenAgain = (path: string, isPemKey: boolean): string =>
  isPemKey
    ? `write it again: openssl pkey -provider legacy -provider default -in ${path} -out key.pem, then name key.pem with --tls-key`
    : `write it again: openssl pkcs12 -legacy -in ${path} -nodes -out identity.pem, then name identity.pem with --tls-cert and --tls-key`
