import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PayflowError, messageOf } from '../../errors.ts'
import { explainHomeError } from '../../infra/home.ts'
import { takeLock } from '../../infra/lock.ts'
import { noLog, type Log } from '../../log.ts'
import type { Settings } from '../../settings/resolve.ts'

/** A lock for each cluster that runs of this home use: payflow's own, or what was given. */
function lockPath({ home, brokers, brokersGiven }: Settings): string {
  const given = [...brokers].sort().join(',')
  const cluster = brokersGiven ? `-${createHash('sha256').update(given).digest('hex').slice(0, 8)}` : ''
  return join(home, 'run', `all${cluster}.lock`)
}

/**
 * Keeps other runs of this home off the same topics. Returns what lets them in again.
 * @throws PayflowError: failed while another one runs; infra when nothing can be written in a home that brokers are to live in
 */
export function takeRunLock(settings: Settings, log: Log = noLog): () => void {
  const { home, brokers, brokersGiven } = settings
  const path = lockPath(settings)
  const without = (error: unknown): (() => void) => {
    // somebody else's brokers are of use without a home
    if (!brokersGiven) throw explainHomeError(error, home)
    log('warn', 'lock-not-written', { path, error: messageOf(error) })
    return () => undefined
  }
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    return without(error)
  }
  const attempt = takeLock(path, log)
  if (attempt.outcome === 'taken') return attempt.release
  if (attempt.outcome === 'unwritable') return without(attempt.error)
  const { pid, since } = attempt.holder
  const where = brokersGiven ? `on the brokers ${brokers.join(',')}` : `in ${home}`
  throw new PayflowError('ALREADY_RUNNING', `\`payflow all\` (pid ${pid}) has been running ${where} since ${since}`, {
    kind: 'failed',
    hint: `two would write the same topics: stop it (Ctrl-C there, or \`kill ${pid}\`)${brokersGiven ? '' : ', or give this one other values of PAYFLOW_HOME, PAYFLOW_KAFKA_PORT and PAYFLOW_ZOOKEEPER_PORT'}`,
  })
}
