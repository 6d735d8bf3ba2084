import { join } from 'node:path'
import { PayflowError } from '../../errors.ts'
import { explainHomeError, prepareHome } from '../../infra/home.ts'
import { withLock } from '../../infra/lock.ts'
import type { Log } from '../../log.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { Report } from '../cluster.ts'

/**
 * Changes a ksqlDB while no other process of this PAYFLOW_HOME does: the second waits, and says for whom. What another home does is not
 * held off, but noticed: before a topic is deleted, and when all is done.
 * @throws PayflowError when another process takes longer than five minutes
 */
export async function changingKsql<Result>(
  { home }: Settings,
  { report, signal, log }: { report: Report; signal: AbortSignal; log: Log },
  action: () => Promise<Result>,
): Promise<Result> {
  try {
    prepareHome(home)
  } catch (error) {
    if (!(error instanceof PayflowError)) throw error
    report(`${error.message}: another payflow that changes ksqlDB at the same time would not be held off`)
    return action()
  }
  try {
    return await withLock(join(home, 'ksql.lock'), { report, signal, log }, action)
  } catch (error) {
    throw explainHomeError(error, home)
  }
}
