import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { ApiVersions, Exchange } from '../../src/kafka/exchange.ts'
import type { Broker, CoordinatorType, Metadata, Transport, TransportOptions } from '../../src/kafka/transport.ts'
import { metadataRequest } from '../../src/kafka/wire/metadata.ts'
import { formatAddress, splitAddress, type Address } from '../../src/settings/address.ts'

/** How long any answer may take, in ms. */
const PATIENCE_MS = 10_000

/** What `isConnectionError` knows. */
const notConnected = (): Error => new Error('Broker not connected')

/** One broker over one socket: frames, correlation ids, and nothing of kafkajs's connections. */
class SocketBroker implements Broker {
  nodeId: number
  versions: ApiVersions | null = null
  readonly address: string
  readonly #at: Address
  readonly #clientId: string
  readonly #waiting = new Map<number, { answer: (payload: Buffer) => void; fail: (error: Error) => void }>()
  #socket: Socket | undefined
  #connecting: Promise<void> | undefined
  #bytes = Buffer.alloc(0)
  #lastId = 0

  constructor(nodeId: number, at: Address, clientId: string) {
    this.nodeId = nodeId
    this.address = formatAddress(at)
    this.#at = at
    this.#clientId = clientId
  }

  isConnected(): boolean {
    return this.#socket !== undefined && this.versions !== null
  }

  async connect(): Promise<this> {
    if (this.isConnected()) return this
    await (this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined)))
    return this
  }

  async #open(): Promise<void> {
    const socket = connect({ host: this.#at.host, port: this.#at.port })
    socket.on('error', () => undefined)
    socket.once('close', () => this.#ended(socket))
    socket.on('data', (chunk) => this.#received(chunk))
    await once(socket, 'connect').catch(() => Promise.reject(notConnected()))
    this.#socket = socket
    this.versions = await this.send(apiVersions)
  }

  async send<Result>({ request, response, requestTimeout = 0 }: Exchange<Result>): Promise<Result> {
    const socket = this.#socket
    if (!socket) throw notConnected()
    const { buffer: body } = await request.encode()
    if (this.#socket !== socket) throw notConnected()
    const id = ++this.#lastId
    const answer = new Promise<Buffer>((resolve, reject) => this.#waiting.set(id, { answer: resolve, fail: reject }))
    const timer = setTimeout(() => this.breakOff(), Math.max(PATIENCE_MS, requestTimeout))
    const client = Buffer.from(this.#clientId)
    const head = Buffer.alloc(14 + client.length)
    head.writeInt32BE(head.length - 4 + body.length, 0)
    head.writeInt16BE(request.apiKey, 4)
    head.writeInt16BE(request.apiVersion, 6)
    head.writeInt32BE(id, 8)
    head.writeInt16BE(client.length, 12)
    client.copy(head, 14)
    const frame = Buffer.alloc(head.length + body.length)
    head.copy(frame)
    body.copy(frame, head.length)
    socket.write(frame)
    try {
      return await response.parse(await response.decode(await answer))
    } finally {
      clearTimeout(timer)
    }
  }

  breakOff(): void {
    const socket = this.#socket
    if (!socket) return
    socket.destroy()
    this.#ended(socket)
  }

  #received(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readInt32BE(0)) {
      const end = 4 + this.#bytes.readInt32BE(0)
      const id = this.#bytes.readInt32BE(4)
      this.#waiting.get(id)?.answer(this.#bytes.subarray(8, end))
      this.#waiting.delete(id)
      this.#bytes = this.#bytes.subarray(end)
    }
  }

  #ended(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    this.#bytes = Buffer.alloc(0)
    for (const { fail } of this.#waiting.values()) fail(notConnected())
    this.#waiting.clear()
  }
}

const { requests } = createRequire(import.meta.url)('kafkajs/src/protocol/requests') as {
  requests: { GroupCoordinator: { protocol: (at: { version: number }) => (args: object) => Exchange<unknown> } }
}

/** Version 0: an error code, then key, first and last version of each request. */
const apiVersions: Exchange<ApiVersions> = {
  request: {
    ...{ apiKey: 18, apiVersion: 0, apiName: 'ApiVersions' },
    encode: () => Promise.resolve({ buf: Buffer.alloc(0), buffer: Buffer.alloc(0) }),
  },
  response: {
    decode: (payload) => Promise.resolve(payload),
    parse: (payload) => {
      const bytes = payload as Buffer
      const served = Array.from({ length: bytes.readInt32BE(2) }, (_, index) => {
        const at = 6 + index * 6
        return [bytes.readInt16BE(at), { minVersion: bytes.readInt16BE(at + 2), maxVersion: bytes.readInt16BE(at + 4) }]
      })
      return Promise.resolve(Object.fromEntries(served) as ApiVersions)
    },
  },
}

/** A second transport, to show that nothing above the seam needs kafkajs's connections. No TLS, no login, no retries. */
export class SocketTransport implements Transport {
  readonly #options: TransportOptions
  readonly #known = new Map<number, SocketBroker>()
  readonly #topics = new Set<string>()
  #first: SocketBroker | undefined
  metadata: Metadata | null = null

  constructor(options: TransportOptions) {
    this.#options = options
  }

  async connect(): Promise<Broker> {
    this.#first ??= this.#brokerAt(-1, splitAddress(this.#options.brokers[0]!))
    return this.#first.connect()
  }

  learn(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#topics.add(topic)
    return this.refresh()
  }

  async refresh(): Promise<void> {
    const asked = await this.any()
    this.metadata = await asked.send(metadataRequest([...this.#topics]))
    for (const { nodeId, host, port } of this.metadata.brokers)
      if (!this.#known.has(nodeId)) this.#known.set(nodeId, this.#brokerAt(nodeId, { host, port }))
  }

  async broker(nodeId: number): Promise<Broker> {
    const known = this.#known.get(nodeId)
    if (!known) throw notConnected()
    return known.connect()
  }

  async any(): Promise<Broker> {
    const [known] = this.#known.values()
    return known ? known.connect() : this.connect()
  }

  async coordinator(type: CoordinatorType, id: string): Promise<Broker> {
    const asked = await this.any()
    const find = requests.GroupCoordinator.protocol({ version: 1 })
    const args = { groupId: id, coordinatorType: type === 'group' ? 0 : 1 }
    const { coordinator } = (await asked.send(find(args))) as { coordinator: { nodeId: number } }
    if (!this.#known.has(coordinator.nodeId)) await this.refresh()
    return this.broker(coordinator.nodeId)
  }

  get brokers(): SocketBroker[] {
    return [...(this.#first ? [this.#first] : []), ...this.#known.values()]
  }

  breakOff(broker: Broker): void {
    this.brokers.find((known) => known === broker)?.breakOff()
  }

  close(): Promise<void> {
    for (const broker of this.brokers) broker.breakOff()
    return Promise.resolve()
  }

  #brokerAt(nodeId: number, at: Address): SocketBroker {
    return new SocketBroker(nodeId, at, this.#options.clientId ?? 'payflow')
  }
}
