import { PayflowError } from '../../errors.ts'
import type { BrokerFaults } from '../engine.ts'
import { kill, signalTo, terminate } from '../processes.ts'
import type { Layout } from './layout.ts'
import { readStates, type Service } from './services.ts'

const GRACE_MS = 30_000

/** Breaks brokers by the pid files that `infra up` wrote. The files stay, so that `up` brings a broker back at its port. */
export function localBrokerFaults(layout: Layout): BrokerFaults {
  const find = (name: string): Service => {
    const broker = readStates(layout).brokers.find((service) => service.name === name)
    if (broker) return broker
    throw new PayflowError('BROKER_GONE', `${name} does not run`, {
      kind: 'failed',
      hint: 'see `payflow infra status`',
    })
  }
  const send = (signal: NodeJS.Signals) => (name: string) => {
    signalTo(find(name), signal)
    return Promise.resolve()
  }
  return {
    names: () => Promise.resolve(readStates(layout).brokers.map(({ name }) => name)),
    stop: async (name) => {
      await terminate(find(name), GRACE_MS)
    },
    kill: (name) => kill(find(name), GRACE_MS),
    freeze: send('SIGSTOP'),
    thaw: send('SIGCONT'),
  }
}
