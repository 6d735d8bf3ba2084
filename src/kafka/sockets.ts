import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectSecurely, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { Address } from '../settings/address.ts'
import { messageOf } from '../errors.ts'

const KEEP_ALIVE_MS = 60_000
const PIECE_BYTES = 1 << 18

const open = new Set<Socket>()

/** How long a connection may take to be made unless settings say otherwise, in ms. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 3_000

/** With several addresses of one name, how long the next one waits for an attempt at the one before. Node's 250 ms are less than some ways take. */
const NEXT_FAMILY_MS = 500

interface Destination extends Address {
  readonly onread?: OnReadOpts
}

/** A connection to `host`, whichever of its addresses answers. */
export function openSocket(at: Destination, tls?: ConnectionOptions, onConnect?: () => void): Socket {
  return tls ? openTlsSocket(at, tls, onConnect) : withMessage(connect(destination(at), onConnect))
}

/** As `openSocket`; `onConnect` is called when the handshake is over. */
export function openTlsSocket(at: Destination, tls: ConnectionOptions, onConnect?: () => void): TLSSocket {
  // the name goes along in the handshake unless it is an address
  const name = isIP(at.host) === 0 ? { servername: at.host.replace(/\.$/, '') } : {}
  return withMessage(connectSecurely({ ...destination(at), ...name, ...tls }, onConnect))
}

const destination = (to: Destination) => ({
  ...to,
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: NEXT_FAMILY_MS,
})

/** A name with several addresses fails with an error of each, and no message of its own. */
function withMessage<Kind extends Socket>(socket: Kind): Kind {
  socket.once('error', (error) => {
    if (error instanceof AggregateError && error.message === '') error.message = error.errors.map(messageOf).join(', ')
  })
  return socket
}

/** What a socket has brought is taken before the next one reads: one for all. */
const pieces = Buffer.allocUnsafeSlow(PIECE_BYTES)

/**
 * As `openSocket`, for requests to a broker: `cutConnections` knows it. What its event `data` gives is overwritten as soon as the listeners have
 * returned: memory of its own for each piece would have the collector run twice as often.
 */
export function openBrokerSocket(at: Address, tls?: ConnectionOptions, onConnect?: () => void): Socket {
  const callback = (length: number, bytes: Uint8Array): boolean =>
    socket.emit('data', bytes.subarray(0, length)) || true
  const socket = openSocket({ ...at, onread: { buffer: pieces, callback } }, tls, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  open.add(socket)
  socket.once('close', () => open.delete(socket))
  return socket
}

/** Breaks every connection of this process to a broker, as a network does that drops them. Returns how many there were. */
export function cutConnections(): number {
  const cut = [...open]
  for (const socket of cut)
    socket.destroy(Object.assign(new Error('the connection was cut'), { code: 'ECONNRESET', syscall: 'read' }))
  return cut.length
}
