import type { Log } from '../../log.ts'
import { pause } from '../../pause.ts'
import { connectionOf } from '../../settings/connection.ts'
import type { Settings } from '../../settings/resolve.ts'
import { isConnectionError } from '../../kafka/errors.ts'
import { whyUnreachable } from '../../kafka/reachable.ts'
import { reach } from '../cluster.ts'
import { ClusterWatch, expectedTopics } from './cluster-watch.ts'
import { shownOf, type Shown } from './follow.ts'

/** What workers have written is counted for so long at most; of what is not read by then, no figure is shown. */
const COUNTING_MS = 1_500
const BETWEEN_MS = 1_000

/** One look, and a second one soon after it, for the rates. @throws PayflowError (infra) when the cluster cannot be reached */
export async function lookOnce(settings: Settings, log: Log): Promise<Shown> {
  await reach(settings)
  const watch = new ClusterWatch(settings, { log, countingMs: COUNTING_MS })
  try {
    await watch.patientLook()
    await pause(BETWEEN_MS, new AbortController().signal)
    const overview = await watch.patientLook()
    return shownOf({ overview, trouble: null, nowMs: Date.now(), intervalMs: BETWEEN_MS }, expectedTopics)
  } catch (error) {
    throw isConnectionError(error) ? ((await whyUnreachable(connectionOf(settings))) ?? error) : error
  } finally {
    await watch.close()
  }
}
