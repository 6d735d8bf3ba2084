import type { Log } from '../../log.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { RunningProcess } from '../monitor/views.ts'
import { workerEntries } from './process-registry.ts'
import { reportOf } from './report-file.ts'

/** The processes of this home that run workers on this cluster, with what they say of themselves. */
export function processesOn({ home, brokers }: Pick<Settings, 'home' | 'brokers'>, log: Log): RunningProcess[] {
  const entries = workerEntries(home, log).filter((entry) => entry.brokers.some((broker) => brokers.includes(broker)))
  return entries.map(({ pid, startedAt, supervised, restarts, workers }) => {
    return { pid, startedAt, supervised, restarts, workers, report: reportOf(home, pid, log) }
  })
}
