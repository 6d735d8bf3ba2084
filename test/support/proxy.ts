import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Keys of the Kafka protocol's requests. */
export const API = {
  produce: 0,
  fetch: 1,
  heartbeat: 12,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const

interface Link {
  readonly client: Socket
  readonly broker: Socket
  /** Correlation id → API key of the requests under way. */
  readonly asked: Map<number, number>
}

/** A TCP proxy in front of one broker that knows the protocol's frames, so that it can lose just the answer of one kind of request. */
export class Proxy {
  readonly address: string
  readonly #links: Set<Link>
  /** Requests at which the connection was cut so far, by API key. */
  readonly cutOff = new Map<number, number>()
  /** Answers lost so far, by API key. */
  readonly lost = new Map<number, number>()
  /** Each frame is held up by so much, in ms. */
  delayMs = 0
  /** Nothing passes, in either direction, and nobody is told. */
  blackHole = false
  readonly #losing = new Map<number, number>()
  readonly #cutting = new Map<number, number>()

  private constructor(port: number, links: Set<Link>) {
    this.address = `127.0.0.1:${port}`
    this.#links = links
  }

  static async inFrontOf(address: string): Promise<Proxy> {
    const [host = '', port = ''] = address.split(':')
    const links = new Set<Link>()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new Proxy((server.address() as AddressInfo).port, links)
    server.on('connection', (client) => {
      const link: Link = { client, broker: createConnection(Number(port), host), asked: new Map() }
      links.add(link)
      proxy.#join(link)
    })
    onTestFinished(() => {
      proxy.cut()
      server.close()
    })
    return proxy
  }

  /** Connections open now. */
  get connections(): number {
    return this.#links.size
  }

  /** The next `times` requests of this kind do not reach the broker: the connection that they come by is cut. */
  cutAt(apiKey: number, times: number): void {
    this.#cutting.set(apiKey, times)
  }

  /** The next `times` answers to this kind of request do not arrive; the connection they were due on is cut. */
  loseAnswers(apiKey: number, times: number): void {
    this.#losing.set(apiKey, times)
  }

  /** Cuts every connection. */
  cut(): void {
    for (const { client, broker } of this.#links) {
      client.destroy()
      broker.destroy()
    }
    this.#links.clear()
  }

  #join(link: Link): void {
    const { client, broker, asked } = link
    const end = (): void => {
      this.#links.delete(link)
      client.destroy()
      broker.destroy()
    }
    for (const socket of [client, broker]) socket.on('error', end).on('close', end)
    this.#frames(client, (frame) => {
      const apiKey = frame.readInt16BE(4)
      asked.set(frame.readInt32BE(8), apiKey)
      if (isDue(this.#cutting, this.cutOff, apiKey)) end()
      else this.#pass(frame, broker)
    })
    this.#frames(broker, (frame) => {
      const correlationId = frame.readInt32BE(4)
      const apiKey = asked.get(correlationId)
      asked.delete(correlationId)
      if (apiKey !== undefined && isDue(this.#losing, this.lost, apiKey)) end()
      else this.#pass(frame, client)
    })
  }

  #pass(frame: Buffer, to: Socket): void {
    if (this.blackHole || to.destroyed) return
    if (this.delayMs > 0) setTimeout(() => !to.destroyed && to.write(frame), this.delayMs)
    else to.write(frame)
  }

  /** Calls back with whole frames: a 4-byte length and what follows. */
  #frames(socket: Socket, onFrame: (frame: Buffer) => void): void {
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      while (rest.length >= 4) {
        const size = 4 + rest.readInt32BE(0)
        if (rest.length < size) return
        onFrame(rest.subarray(0, size))
        rest = rest.subarray(size)
      }
    })
  }
}

/** Whether it is this request's turn; then it is counted. */
function isDue(left: Map<number, number>, done: Map<number, number>, apiKey: number): boolean {
  const times = left.get(apiKey) ?? 0
  if (times === 0) return false
  left.set(apiKey, times - 1)
  done.set(apiKey, (done.get(apiKey) ?? 0) + 1)
  return true
}
