import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { codeOf, isConnectionError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'

/**
 * Logins that expire (KIP-368), done right in kafkajs 2.2.4: its own objects, changed in place. It logs in again when a request finds the
 * session about to end, and other requests wait meanwhile: a broker breaks off a connection on which anything else comes then.
 */
const require = createRequire(import.meta.url)

const { KafkaJSConnectionError } = require('kafkajs/src/errors') as {
  KafkaJSConnectionError: new (message: string) => Error
}
const ILLEGAL_SASL_STATE = 34

interface Connection {
  readonly socket?: Socket
  readonly sasl: object | null
  /** As `process.hrtime` gave it; null when nobody is logged in. */
  readonly authenticatedAt: [number, number] | null
  /** ms; 0: it does not end. */
  readonly sessionLifetime: { toNumber: () => number }
}

/** kafkajs's ten seconds before the end are more than the life of a short session, and then it logs in before every request. */
const USED_PART = 0.8
/** A broker renews no session within a second of the last time. */
const LEAST_MS = 1_100

const { prototype: connections } = require('kafkajs/src/network/connection') as {
  prototype: {
    isAuthenticated: (this: Connection) => boolean
    send: <Result>(this: Connection, exchange: Exchange<Result>) => Promise<Result>
  }
}
connections.isAuthenticated = function () {
  if (this.authenticatedAt === null) return false
  const lifetimeMs = this.sessionLifetime.toNumber()
  if (lifetimeMs === 0) return true
  const [seconds, nanoseconds] = process.hrtime(this.authenticatedAt)
  return seconds * 1000 + nanoseconds / 1e6 < Math.max(lifetimeMs * USED_PART, LEAST_MS)
}

const loginApis = new Set([17, 18, 36])

const { send } = connections
/** Why the last request of a login failed. */
const failed = new WeakMap<object, unknown>()

connections.send = async function <Result>(this: Connection, exchange: Exchange<Result>) {
  const { request } = exchange
  if (this.sasl === null) return send.call(this, exchange) as Promise<Result>
  if (loginApis.has(request.apiKey))
    return send.call(this, exchange).catch((error: unknown) => {
      failed.set(this, error)
      throw error
    }) as Promise<Result>
  // it is encoded before it looks at the session: one that takes its time there could end up behind the next login's beginning
  const encoded = await request.encode()
  const ready = Object.create(request, { encode: { value: () => Promise.resolve(encoded) } }) as typeof request
  return send.call(this, { ...exchange, request: ready }) as Promise<Result>
}

/** It takes whatever happens during a login, a lost connection too, for a refusal, after which nobody tries again. */
const { prototype: logins } = require('kafkajs/src/broker/saslAuthenticator') as {
  prototype: { authenticate: (this: { readonly connection: Connection }) => Promise<void> }
}
const { authenticate } = logins
logins.authenticate = async function () {
  const { connection } = this
  const isRenewal = connection.authenticatedAt !== null
  failed.delete(connection)
  try {
    await authenticate.call(this)
  } catch (error) {
    // on this connection there is no other attempt: the next one begins with another
    connection.socket?.destroy()
    const cause = failed.get(connection)
    if (isConnectionError(cause)) throw cause as Error
    if (isRenewal && codeOf(cause) === ILLEGAL_SASL_STATE)
      throw new KafkaJSConnectionError('the session was not renewed')
    throw error
  }
}

/** A session that is to be renewed is still one: its broker need not be looked for again. */
const { prototype: pools } = require('kafkajs/src/network/connectionPool') as {
  prototype: { isAuthenticated: (this: { readonly pool: readonly Connection[] }) => boolean }
}
pools.isAuthenticated = function () {
  return this.pool.some(({ authenticatedAt }) => authenticatedAt !== null)
}
