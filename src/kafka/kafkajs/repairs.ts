import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { codeOf } from '../error-code.ts'
import { Frames, HEAD_BYTES, SIZE_BYTES } from './frames.ts'
import { bySilence, noteSilence } from './silence.ts'
import type { KafkajsBroker } from './types.ts'

/** What kafkajs 2.2.4 does wrong when a network or a broker fails, done right: its own objects, changed in place. */
const require = createRequire(import.meta.url)

const { KafkaJSConnectionError, KafkaJSBrokerNotFound } = require('kafkajs/src/errors') as Record<
  'KafkaJSConnectionError' | 'KafkaJSBrokerNotFound',
  new (message: string) => Error
>

interface Connection {
  readonly socket?: Socket
  /** Who waits for an answer of the login, which is handed on as it is. */
  readonly authHandlers?: { readonly onSuccess: (bytes: Buffer) => void } | null
  /** Whether such answers are frames, as all others. */
  readonly authExpectResponse: boolean
  readonly requestQueue: {
    fulfillRequest: (answer: { size: number; correlationId: number; payload: Buffer }) => void
  }
  connect: () => Promise<unknown>
  isConnected: () => boolean
  processData: (data: Buffer) => void
}

const { prototype: connections } = require('kafkajs/src/network/connection') as { prototype: Connection }
const framesOf = new WeakMap<object, Frames>()

/**
 * It takes any bytes for frames of the protocol: what another server answers ends the process. And it keeps each piece of an answer that comes, then
 * copies them all: twice the memory, and the collector runs twice as often.
 */
connections.processData = function (data) {
  const { authHandlers, authExpectResponse, requestQueue } = this
  try {
    if (authHandlers && !authExpectResponse) authHandlers.onSuccess(Buffer.from(data))
    else
      framesOf.get(this)!.take(data, (frame) => {
        if (this.authHandlers) this.authHandlers.onSuccess(frame)
        else requestQueue.fulfillRequest({ size: frame.length - SIZE_BYTES, correlationId: frame.readInt32BE(SIZE_BYTES), payload: frame.subarray(HEAD_BYTES) }) // prettier-ignore
      })
  } catch (error) {
    this.socket?.destroy(new Error('what answers is not Kafka', { cause: error }))
  }
}

/**
 * It opens a socket for each request that comes while it connects (fetches do), and loses all of them but the last. And it takes what a new
 * socket brings for the rest of the answer that the last one broke off in: no answer is understood from then on.
 */
const { connect } = connections
const connecting = new WeakMap<object, Promise<unknown>>()
connections.connect = function () {
  const pending = connecting.get(this)
  if (pending) return pending
  if (!this.isConnected()) framesOf.set(this, new Frames())
  const begun = connect.call(this).finally(() => connecting.delete(this))
  connecting.set(this, begun)
  return begun
}

interface BrokerPool {
  readonly brokers: Readonly<Record<string, KafkajsBroker>>
  seedBroker?: KafkajsBroker
  versions: unknown
  retrier: (attempt: (bail: (error: unknown) => void) => Promise<void>) => Promise<void>
  hasConnectedBrokers: () => boolean
  createSeedBroker: () => Promise<void>
  findBroker: (at: { nodeId: number }) => Promise<KafkajsBroker>
  connect: () => Promise<void>
}
const { prototype: pools } = require('kafkajs/src/cluster/brokerPool') as {
  prototype: {
    connect: () => Promise<void>
    findConnectedBroker: () => Promise<KafkajsBroker>
    withBroker: <T>(ask: (at: { nodeId: number; broker: KafkajsBroker }) => Promise<T>) => Promise<T | null>
  }
}

/** It turns to the next address only when a connection is refused, and takes a broker whose first answer never came for usable. */
pools.connect = async function (this: BrokerPool) {
  if (this.versions !== null && this.hasConnectedBrokers()) return
  if (!this.seedBroker) await this.createSeedBroker()
  await this.retrier(async (bail) => {
    const seed = this.seedBroker!
    try {
      await seed.connect()
      if (seed.versions === null) throw new KafkaJSConnectionError('the broker has not answered')
      this.versions = seed.versions
    } catch (error) {
      noteSilence(seed)
      breakOff(seed)
      await this.createSeedBroker()
      if ((error as { retriable?: boolean }).retriable !== false) throw error
      bail(error)
    }
  })
}

/** It asks any broker, one that has just let a request time out like another. */
pools.findConnectedBroker = async function (this: BrokerPool) {
  for (const { nodeId } of bySilence(Object.values(this.brokers)))
    try {
      return await this.findBroker({ nodeId })
    } catch {
      // the next one may be there
    }
  await this.connect()
  return this.seedBroker!
}

/** As above; and it gives up at the first broker that cannot be connected to, and forgets what brokers have answered. */
pools.withBroker = async function (this: BrokerPool, ask) {
  const brokers = bySilence(Object.values(this.brokers))
  if (brokers.length === 0) throw new KafkaJSBrokerNotFound('no broker is known')
  let answer: unknown
  for (const { nodeId } of brokers)
    try {
      return await ask({ nodeId, broker: await this.findBroker({ nodeId }) })
    } catch (error) {
      // the next one may know
      if (codeOf(error) !== undefined) answer = error
    }
  if (answer !== undefined) throw answer as Error
  return null
}

/** Its own way to disconnect waits for the answers that do not come, and takes the connection for usable meanwhile. */
export function breakOff({ connectionPool }: KafkajsBroker, why = 'no answer'): void {
  for (const { socket } of connectionPool.pool) socket?.destroy(new Error(why))
}
