import { createRequire } from 'node:module'
import type { ApiVersions, Exchange } from '../exchange.ts'

interface Definition {
  readonly versions: readonly string[]
  readonly protocol: (at: { version: number }) => (args: object) => Exchange<unknown>
}

const require = createRequire(import.meta.url)
const { requests, lookup } = require('kafkajs/src/protocol/requests') as {
  requests: Readonly<Record<string, Definition>>
  lookup: (versions: ApiVersions) => (apiKey: number, definition: Definition) => (args: object) => Exchange<unknown>
}

/** A request that kafkajs encodes, in the newest version that both know. @throws when the broker does not serve it */
export const exchangeOf = (versions: ApiVersions, apiKey: number, name: string, args: object): Exchange<unknown> =>
  lookup(versions)(apiKey, requests[name]!)(args)
