import { PayflowError } from '../../errors.ts'
import type { BrokerFaults } from '../engine.ts'
import type { Compose } from './compose.ts'

const SERVICE = 'kafka'

/** Breaks the broker's container. */
export function dockerBrokerFaults(compose: Compose): BrokerFaults {
  const run = (verb: string) => async () => {
    const { exitCode, stderr } = await compose.run([verb, SERVICE])
    if (exitCode === 0) return
    throw new PayflowError('COMPOSE_FAILED', `docker compose ${verb} ${SERVICE} failed: ${stderr.trim()}`, {
      kind: 'failed',
      hint: 'see `payflow infra status`',
    })
  }
  return {
    names: async () => {
      const containers = await compose.containers()
      const runs = containers.some(({ service: name, state }) => name === SERVICE && /^(running|paused)$/.test(state))
      return runs ? [SERVICE] : []
    },
    stop: run('stop'),
    kill: run('kill'),
    freeze: run('pause'),
    thaw: run('unpause'),
  }
}
