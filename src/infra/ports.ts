import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { PayflowError } from '../errors.ts'
import { poll } from './poll.ts'
import { portOwner } from './port-owner.ts'

/** Below what the usual systems give to outgoing connections, so that no client's port comes in between. */
const candidates = { first: 20_000, last: 32_000 }
const ATTEMPTS = 200

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Whether a port that a killed process had is free, now or soon: its threads may hold the port for a moment longer than it lives. */
export async function becomesFree(port: number, timeoutMs = 2_000): Promise<boolean> {
  return (await poll(async () => ((await isPortFree(port)) ? true : undefined), { timeoutMs })) ?? false
}

/** A port of 127.0.0.1 that nobody uses now, none of `taken`. */
export async function freePort(taken: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(candidates.first, candidates.last)
    if (!taken.includes(port) && (await isPortFree(port))) return port
  }
  throw new PayflowError('NO_FREE_PORT', `Found no free port between ${candidates.first} and ${candidates.last}`, {
    kind: 'infra',
    hint: 'name one: PAYFLOW_KAFKA_PORT, PAYFLOW_ZOOKEEPER_PORT',
  })
}

export function portInUse(port: number, variable: string): PayflowError {
  const owner = portOwner(port) ?? 'another process'
  return new PayflowError('PORT_IN_USE', `Port ${port} is already in use by ${owner}`, {
    kind: 'infra',
    hint: `stop it, or set ${variable} to another port (0: any free one)`,
  })
}

/** `port` itself, or a free one for 0. @throws PayflowError (infra) naming the owner and `variable` when it is in use */
export async function claimPort(port: number, variable: string, taken: readonly number[] = []): Promise<number> {
  if (port === 0) return freePort(taken)
  if (!(await isPortFree(port))) throw portInUse(port, variable)
  return port
}
