import type { FastifyInstance } from 'fastify'
import { PayflowError, messageOf, systemCodeOf } from '../errors.ts'
import { formatAddress, type Address } from '../settings/address.ts'

/** Adds routes to a server before it listens. */
export type Routes = (server: FastifyInstance) => void

export interface HttpServer {
  /** Where it listens, with the port that it was given: `http://127.0.0.1:9464`. */
  readonly url: string
  /** Ends what is under way, streams too. */
  readonly close: () => Promise<void>
}

const refuseSchemas = (): never => {
  throw new Error('no route here may declare a schema')
}

/** What compiles schemas is most of what fastify loads, and is loaded unless another compiler is named. */
const withoutSchemas = { compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas } }

/**
 * Listens on an address and serves the routes.
 * @throws PayflowError: infra when the port is taken, usage when the address is not one of this machine
 */
export async function openHttp(address: Address, ...routes: readonly Routes[]): Promise<HttpServer> {
  const { default: fastify } = await import('fastify')
  const server = fastify({ forceCloseConnections: true, schemaController: withoutSchemas })
  for (const add of routes) add(server)
  try {
    await server.listen({ host: address.host, port: address.port })
  } catch (error) {
    throw notListening(address, error)
  }
  // with several addresses of one name, they have the same port
  const listening = server.server.address()
  const port = typeof listening === 'object' && listening ? listening.port : address.port
  return { url: `http://${formatAddress({ host: address.host, port })}`, close: () => server.close() }
}

function notListening(address: Address, cause: unknown): PayflowError {
  const where = formatAddress(address)
  if (systemCodeOf(cause) === 'EADDRINUSE')
    return new PayflowError('PORT_IN_USE', `Something else listens on ${where}`, {
      kind: 'infra',
      hint: 'stop it, or name another port with --http (0: any free one)',
      cause,
    })
  return new PayflowError('LISTEN_REFUSED', `Cannot listen on ${where}: ${messageOf(cause)}`, {
    kind: 'usage',
    hint: 'name an address of this machine with --http, such as 127.0.0.1:9464',
    cause,
  })
}
