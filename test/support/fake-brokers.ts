import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** The address of a server that is closed when the test ends. */
export async function listening(server: Server, host = '127.0.0.1'): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  return `${host}:${(server.address() as { port: number }).port}`
}

/** The size, the id of the question, no error, and these versions by API key; then the ones that payflow always needs. */
export function apiVersions(correlationId: number, ranges: readonly (readonly [number, number, number])[]): Buffer {
  const body = Buffer.alloc(4 + 2 + 4 + ranges.length * 6)
  body.writeInt32BE(correlationId, 0)
  body.writeInt32BE(ranges.length, 6)
  ranges.forEach((range, i) => range.forEach((value, j) => body.writeInt16BE(value, 10 + i * 6 + j * 2)))
  return framed(body)
}
function framed(body: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

/** Answers as a broker of Kafka 4 does, and says that the only broker of the cluster is at `host:port`. */
export async function advertising(host: string, port: number): Promise<string> {
  const every = [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 22, 24, 25, 26, 28, 32, 37, 42]
  const server = createServer((socket) =>
    socket.on('data', (request) => {
      const [key, version, id] = [request.readInt16BE(4), request.readInt16BE(6), request.readInt32BE(8)]
      const throttle = Buffer.alloc(version > 0 ? 4 : 0)
      if (key === 18) {
        const answer = apiVersions(
          id,
          every.map((api) => [api, 0, 11]),
        )
        return socket.write(framed(Buffer.concat([answer.subarray(4), throttle])))
      }
      const name = Buffer.from(host)
      const answer = Buffer.alloc(4 + 4 + 4 + 4 + 2 + name.length + 4 + 2 + 2 + 4 + 4)
      let at = answer.writeInt32BE(id, 0) + 4
      at = answer.writeInt32BE(1, at)
      at = answer.writeInt32BE(7, at)
      at = answer.writeInt16BE(name.length, at)
      at += name.copy(answer, at)
      at = answer.writeInt32BE(port, at)
      at = answer.writeInt16BE(-1, at)
      at = answer.writeInt16BE(-1, at)
      at = answer.writeInt32BE(7, at)
      answer.writeInt32BE(0, at)
      return socket.write(framed(answer))
    }),
  )
  return listening(server)
}
