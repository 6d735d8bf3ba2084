import { once } from 'node:events'
import type { PeerCertificate } from 'node:tls'
import { splitAddress } from '../settings/address.ts'
import type { ConnectionSettings } from '../settings/connection.ts'
import { messageOf } from '../errors.ts'
import type { Finding } from './finding.ts'
import { openTlsSocket } from './sockets.ts'

const notTrusted = new Set(['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_UNTRUSTED', 'INVALID_CA', 'CERT_SIGNATURE_FAILURE']) // prettier-ignore
const notInForce = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
const LOOK_TIMEOUT_MS = 2_000

/** What an error of a TLS handshake says of the server, in the words of its certificate. Undefined when it is not about TLS. */
export async function tlsFinding(
  address: string,
  settings: ConnectionSettings,
  error: unknown,
): Promise<Finding | undefined> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const found = (kind: Finding['kind'], detail: string): Finding => ({ address, kind, detail })
  if (notTrusted.has(code)) {
    const seen = await lookAt(address)
    return found('untrusted', `its certificate ${seen ? `(${nameOf(seen.subject)}) is signed by "${nameOf(seen.issuer)}", which` : 'is signed by one that'} is not trusted`) // prettier-ignore
  }
  if (notInForce.has(code)) {
    const seen = await lookAt(address)
    const dates = seen ? `: it is valid from ${dayOf(seen.valid_from)} to ${dayOf(seen.valid_to)}` : ''
    return found('expired', `its certificate ${code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'}${dates}`) // prettier-ignore
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const asked = settings.tls?.servername ?? splitAddress(address).host
    const { subject, subjectaltname } = (error as { cert?: PeerCertificate }).cert ?? {}
    const names = subjectaltname?.replaceAll(/\b(DNS|IP Address):/g, '') ?? (subject && nameOf(subject)) ?? 'no name'
    return found('name', `its certificate is not for ${asked}, but for ${names}`)
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|UNEXPECTED_MESSAGE$|HTTP_REQUEST/.test(code)) return found('plaintext', 'it does not speak TLS') // prettier-ignore
  if (/ALERT_(PROTOCOL_VERSION|INSUFFICIENT|ACCESS|INTERNAL|UNRECOGNIZED|NO_APPL)/.test(code) || /UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|NO_SHARED_CIPHER/.test(code)) return found('tls-failed', `it refuses the handshake: ${wordsOf(error)}`) // prettier-ignore
  if (/ALERT/.test(code)) return found('client-certificate', clientCertificateText(settings, error))
  return code.startsWith('ERR_SSL_') ? found('tls-failed', wordsOf(error)) : undefined
}

const clientCertificateText = ({ tls }: ConnectionSettings, error: unknown): string =>
  tls?.cert === undefined && tls?.pfx === undefined
    ? 'it wants a certificate of the client'
    : `it refuses the certificate of this client: ${wordsOf(error)}`

/** `…:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:…` → `sslv3 alert bad certificate` */
const wordsOf = (error: unknown): string =>
  /SSL routines:[^:]*:([^:]+):/.exec(messageOf(error))?.[1] ?? messageOf(error).trim().replaceAll(/\s+/g, ' ')

const dayOf = (date: string): string => new Date(date).toISOString().slice(0, 10)

const nameOf = ({ CN, O, OU }: PeerCertificate['subject']): string => [CN, O, OU].flat().find(Boolean) ?? 'no name'

/** The certificate of whoever answers there, unchecked. */
async function lookAt(address: string): Promise<PeerCertificate | undefined> {
  const socket = openTlsSocket(splitAddress(address), { rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) })
    const chain = socket.getPeerCertificate(true)
    return Object.keys(chain).length > 0 ? chain : undefined
  } catch {
    return undefined // it answered a moment ago; what is known without it is still true
  } finally {
    socket.destroy()
  }
}
