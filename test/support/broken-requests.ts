import type { Broker, Transport, TransportOptions } from '../../src/kafka/transport.ts'
import { SocketTransport } from './socket-transport.ts'

export const apiKeys = { produce: 0, initProducerId: 22 } as const

/** `held`: nobody is told what became of it; `lost`: the connection is, before it is sent. */
type State = 'fine' | 'held' | 'lost'

/** Connections whose requests are not sent while something is wrong with them. */
export class BrokenRequests {
  readonly #states = new Map<number, State>()
  readonly #known = new WeakSet<Broker>()
  readonly #released = new AbortController()
  #all: State = 'fine'

  set(api: keyof typeof apiKeys, state: State): void {
    this.#states.set(apiKeys[api], state)
  }

  setAll(state: State): void {
    this.#all = state
  }

  /** Those that are held are lost now. */
  release(): void {
    this.#states.clear()
    this.#all = 'fine'
    this.#released.abort()
  }

  readonly transport = (options: TransportOptions): Transport => {
    const transport = new SocketTransport(options)
    const broker = transport.broker.bind(transport)
    const any = transport.any.bind(transport)
    const coordinator = transport.coordinator.bind(transport)
    transport.broker = async (nodeId) => this.#breaking(await broker(nodeId))
    transport.any = async () => this.#breaking(await any())
    transport.coordinator = async (type, id) => this.#breaking(await coordinator(type, id))
    return transport
  }

  #breaking(broker: Broker): Broker {
    if (this.#known.has(broker)) return broker
    this.#known.add(broker)
    const send = broker.send.bind(broker)
    broker.send = (exchange) => {
      const state = this.#states.get(exchange.request.apiKey) ?? this.#all
      return state === 'fine' ? send(exchange) : this.#broken(state)
    }
    return broker
  }

  #broken(state: State): Promise<never> {
    const error = new Error('Broker not connected')
    if (state === 'lost') return Promise.reject(error)
    return new Promise((_, reject) => {
      this.#released.signal.addEventListener('abort', () => reject(error), { once: true })
    })
  }
}
