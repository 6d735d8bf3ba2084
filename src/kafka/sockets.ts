import { connect, isIP, type Socket } from 'node:net'
import { connect as connectSecurely, type ConnectionOptions } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

const KEEP_ALIVE_MS = 60_000

const open = new Set<Socket>()

/** What kafkajs does by itself, but the sockets are remembered. */
export const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  // kafkajs gives null, whatever its types say, for a connection without TLS
  const secure = ssl as ConnectionOptions | null
  // the name goes along in the handshake unless it is an address
  const name = isIP(host) === 0 ? { servername: host } : {}
  const socket = secure
    ? connectSecurely({ host, port, ...name, ...secure }, onConnect)
    : connect({ host, port }, onConnect)
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
