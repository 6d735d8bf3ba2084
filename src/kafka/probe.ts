import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { splitAddress } from '../settings/address.ts'
import type { ConnectionSettings } from '../settings/connection.ts'
import { messageOf } from '../errors.ts'
import type { Finding } from './finding.ts'
import { DEFAULT_CONNECT_TIMEOUT_MS, openSocket } from './sockets.ts'
import { tlsFinding } from './tls-finding.ts'

/** A broker that is busy may take its time; one more attempt, with TLS, must fit behind it in the ten seconds that a user waits. */
const ANSWER_TIMEOUT_MS = 4_000
const TLS_TIMEOUT_MS = 1_500
const SHOWN_BYTES = 40

const CORRELATION_ID = 42
/** ApiVersions 0 from the client `payflow`, its size before it: what a broker answers to anyone, even before a login. */
const question = Buffer.from(`00000011 0012 0000 ${CORRELATION_ID.toString(16).padStart(8, '0')} 0007 ${Buffer.from('payflow').toString('hex')}`.replaceAll(' ', ''), 'hex') // prettier-ignore

/** Connects to `address` and asks what it is. Never throws. Ends when `signal` is aborted. */
export async function probe(address: string, settings: ConnectionSettings, signal: AbortSignal): Promise<Finding> {
  const found = await ask(address, settings, signal)
  if (settings.tls !== undefined && found.kind === 'closes' && !signal.aborted)
    return (await speaksPlainText(address, signal)) ? { address, kind: 'plaintext', detail: 'it does not speak TLS' } : found // prettier-ignore
  const mayBeTls = found.kind === 'silent' || found.kind === 'closes' || found.kind === 'tls'
  if (!mayBeTls || settings.tls !== undefined || signal.aborted) return found
  const tls: Finding = { address, kind: 'tls', detail: 'it expects TLS' }
  return found.kind === 'tls' || (await speaksTls(address, signal)) ? tls : found
}

async function ask(address: string, settings: ConnectionSettings, signal: AbortSignal): Promise<Finding> {
  const found = (kind: Finding['kind'], detail: string): Finding => ({ address, kind, detail })
  const timeoutMs = settings.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
  const socket = openSocket(splitAddress(address), settings.tls)
  try {
    const connected = once(socket, settings.tls ? 'secureConnect' : 'connect').then(() => true)
    if (!(await within(timeoutMs, connected, signal))) return found('unreachable', `no connection within ${timeoutMs / 1000} s`) // prettier-ignore
  } catch (error) {
    socket.destroy()
    return (settings.tls && (await tlsFinding(address, settings, error))) ?? notConnected(address, error)
  }
  try {
    socket.write(question)
    const answer = await within(ANSWER_TIMEOUT_MS, firstBytes(socket), signal)
    if (answer === undefined) return found('silent', 'it accepts connections and says nothing')
    return found(...meaningOf(answer))
  } catch (error) {
    // with TLS 1.3 a server looks at the client's certificate after the client has taken the connection for made
    const refused = settings.tls && (await tlsFinding(address, settings, error))
    return refused ?? found('closes', `it breaks connections off: ${messageOf(error)}`)
  } finally {
    socket.destroy()
  }
}

function notConnected(address: string, error: unknown): Finding {
  const code = codeOf(error)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL')
    return { address, kind: 'unresolved', detail: 'its name cannot be resolved' }
  if (code === 'ECONNRESET') return { address, kind: 'closes', detail: 'it resets connections' }
  const detail = code === 'ECONNREFUSED' ? 'connection refused' : messageOf(error)
  return { address, kind: 'unreachable', detail }
}

function codeOf(error: unknown): unknown {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** The first bytes of the answer, empty when the connection ends without one: Kafka's own have its size, and the id of the question. */
async function firstBytes(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    if (bytes.length >= 8) return bytes
  }
  return Buffer.concat(chunks)
}

const tlsRecord = [0x15, 0x16]

function meaningOf(answer: Buffer): [Finding['kind'], string] {
  if (answer.length === 0) return ['closes', 'it closes connections without an answer']
  if (answer.length >= 8 && answer.readInt32BE(4) === CORRELATION_ID) return ['kafka', 'it is a broker']
  const text = answer.toString('latin1')
  if (text.startsWith('HTTP/')) return ['http', 'it is an HTTP server']
  if (tlsRecord.includes(answer[0]!) && answer[1] === 3) return ['tls', 'it expects TLS']
  const shown = text.slice(0, SHOWN_BYTES).replaceAll(/[^\x20-\x7e]+/g, ' ').trim() // prettier-ignore
  return ['other', /\w{3}/.test(shown) ? `it answers "${shown}"` : 'what it answers is not of Kafka']
}

/** Undefined when nothing has come in time, or the signal is aborted. */
async function within<Value>(ms: number, value: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  const ended = new AbortController()
  const timeout = sleep(ms, undefined, { signal: AbortSignal.any([signal, ended.signal]) }).catch(() => undefined)
  value.catch(() => undefined)
  return Promise.race([value, timeout]).finally(() => ended.abort())
}

/** Whether a broker answers there to a client without TLS. */
const speaksPlainText = async (address: string, signal: AbortSignal): Promise<boolean> =>
  (await ask(address, { brokers: [address], connectTimeoutMs: TLS_TIMEOUT_MS }, signal)).kind === 'kafka'

/** Whether a TLS server answers there, whatever its certificate and whatever it wants of ours. */
async function speaksTls(address: string, signal: AbortSignal): Promise<boolean> {
  const socket = openSocket(splitAddress(address), { rejectUnauthorized: false })
  try {
    return (await within(TLS_TIMEOUT_MS, once(socket, 'secureConnect').then(() => true), signal)) ?? false // prettier-ignore
  } catch (error) {
    return /ALERT/.test(String(codeOf(error)))
  } finally {
    socket.destroy()
  }
}
