import { once } from 'node:events'
import type { Socket } from 'node:net'
import { splitAddress } from '../settings/address.ts'
import type { ConnectionSettings, SaslSettings } from '../settings/connection.ts'
import { PayflowError, messageOf } from '../errors.ts'
import { openSocket } from './sockets.ts'

const ASK_TIMEOUT_MS = 3_000
const CORRELATION_ID = 17
const UNSUPPORTED_SASL_MECHANISM = 33
const ILLEGAL_SASL_STATE = 34

/** What a broker says to somebody who would log in so. */
interface LoginAnswer {
  /** A broker's error code; 0: go on. */
  readonly code: number
  readonly mechanisms: readonly string[]
}

/** SaslHandshake 1, with its size before it. */
function question(mechanism: string): Buffer {
  const client = Buffer.from('payflow')
  const name = Buffer.from(mechanism)
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 2 + name.length)
  let at = request.writeInt32BE(request.length - 4, 0)
  at = request.writeInt16BE(17, at)
  at = request.writeInt16BE(1, at)
  at = request.writeInt32BE(CORRELATION_ID, at)
  at = request.writeInt16BE(client.length, at)
  at += client.copy(request, at)
  at = request.writeInt16BE(name.length, at)
  name.copy(request, at)
  return request
}

/** Undefined when no such answer comes in time. */
async function ask(
  address: string,
  { tls }: ConnectionSettings,
  mechanism: string,
  signal: AbortSignal,
): Promise<LoginAnswer | undefined> {
  const socket = openSocket(splitAddress(address), tls)
  const destroy = (): void => void socket.destroy()
  signal.addEventListener('abort', destroy)
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal })
    socket.write(question(mechanism))
    const answer = await frameOf(socket)
    if (answer === undefined || answer.readInt32BE(0) !== CORRELATION_ID) return undefined
    const mechanisms: string[] = []
    for (let at = 10; at + 2 <= answer.length;) {
      const end = at + 2 + answer.readInt16BE(at)
      mechanisms.push(answer.toString('utf8', at + 2, end))
      at = end
    }
    return { code: answer.readInt16BE(4), mechanisms: mechanisms.sort() }
  } catch {
    return undefined // whoever asks has an error already; this would only have explained it
  } finally {
    signal.removeEventListener('abort', destroy)
    socket.destroy()
  }
}

/** The first answer, behind its size. */
async function frameOf(socket: Socket): Promise<Buffer | undefined> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer])
    if (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0))
      return bytes.subarray(4, 4 + bytes.readInt32BE(0))
  }
  return undefined
}

/** Whether a broker has refused to let somebody in. */
export const isLoginRefused = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'KafkaJSSASLAuthenticationError'

/** What the broker, or kafkajs, said of a login that failed, without kafkajs's preface. */
const refusalOf = (error: unknown): string => messageOf(error).replace(/^SASL [\w -]+ authentication failed: /i, '')

/** Why the broker at `address` answers, but not to what it is asked as this client. Undefined when that is not about a login. */
export async function loginFault(
  address: string,
  settings: ConnectionSettings,
  error: unknown,
): Promise<PayflowError | undefined> {
  const { sasl } = settings
  const mechanism = sasl?.mechanism.toUpperCase() ?? ''
  const answer = await ask(address, settings, mechanism, AbortSignal.timeout(ASK_TIMEOUT_MS))
  const fault = (code: 'LOGIN_EXPECTED' | 'LOGIN_UNEXPECTED' | 'MECHANISM_NOT_OFFERED' | 'LOGIN_REFUSED', message: string, hint: string): PayflowError => new PayflowError(code, message, { kind: 'infra', hint, cause: error }) // prettier-ignore
  const offered = answer?.mechanisms.join(', ') || 'nothing'
  if (!sasl)
    return answer === undefined || answer.code === ILLEGAL_SASL_STATE
      ? undefined
      : fault('LOGIN_EXPECTED', `The broker at ${address} expects a login (SASL); it offers ${offered}`, 'say how and as whom: --sasl-mechanism, --sasl-username and PAYFLOW_SASL_PASSWORD, or --client-config with the file that your provider gave you') // prettier-ignore
  if (answer?.code === ILLEGAL_SASL_STATE)
    return fault('LOGIN_UNEXPECTED', `The listener at ${address} takes no login (SASL)`, 'name the port of a listener that does, or leave the login out (`payflow config show` says where it comes from)') // prettier-ignore
  if (answer?.code === UNSUPPORTED_SASL_MECHANISM)
    return fault('MECHANISM_NOT_OFFERED', `The broker at ${address} does not offer ${mechanism}: it offers ${offered}`, 'choose one of them with --sasl-mechanism (PAYFLOW_SASL_MECHANISM)') // prettier-ignore
  if (!isLoginRefused(error)) return undefined
  const whom = sasl.mechanism === 'oauthbearer' ? 'the token' : `the login of ${sasl.username}`
  return fault('LOGIN_REFUSED', `The broker at ${address} refuses ${whom} with ${mechanism}: ${refusalOf(error)}`, refusedHint(sasl)) // prettier-ignore
}

function refusedHint(sasl: SaslSettings): string {
  if (sasl.mechanism === 'oauthbearer')
    return 'see whether the token that the command prints is for this cluster and has not expired'
  const where = '`payflow config show` says where user and password come from'
  return sasl.mechanism === 'plain' ? where : `${where}; a user is created for one mechanism: it may have another (kafka-configs.sh --describe --entity-type users)` // prettier-ignore
}

/** A login that was good and is not any more: a session was to be renewed, or a connection made again. */
export const loginLost = (error: Error): PayflowError =>
  new PayflowError('LOGIN_REFUSED', `The brokers refuse the login: ${refusalOf(error)}`, {
    kind: 'infra',
    hint: 'the password may have been changed, or the token expired: `payflow config show` says where they come from',
    cause: error,
  })
