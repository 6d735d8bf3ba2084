import { PayflowError } from '../../errors.ts'
import { isDrained, type Monitor, type Sample } from './monitor.ts'
import { untilDone } from './until-done.ts'

/** Lag that has not shrunk for this long will not drain. */
const PATIENCE_MS = 120_000
const LOOK_MS = 250

/** Returns the first sample that shows that nothing is left to read. @throws what `check` throws, or PayflowError when the lag stops shrinking */
export const untilDrained = (
  monitor: Pick<Monitor, 'sample'>,
  { signal, check, onSample }: { signal: AbortSignal; check: () => void; onSample?: (sample: Sample) => void },
): Promise<Sample> =>
  untilDone({
    look: () => {
      check()
      return monitor.sample().catch(() => undefined)
    },
    isDone: (now, before) => isDrained(before, now),
    progressOf: ({ topics, workers }) => JSON.stringify([topics, workers]),
    ...{ patienceMs: PATIENCE_MS, intervalMs: LOOK_MS, stuck: notDrained, signal },
    ...(onSample && { onLook: onSample }),
  })

function notDrained(sample: Sample | undefined): PayflowError {
  const waiting = sample?.workers.filter(({ undecided }) => undecided > 0) ?? []
  if (waiting.length > 0 && sample?.workers.every(({ lag }) => lag === 0))
    return new PayflowError('TRANSACTION_OPEN', `Records wait behind a transaction that is open: ${waiting.map(({ worker, undecided }) => `${undecided} of ${worker}`).join(', ')}`, {
      kind: 'failed',
      hint: 'its producer hangs: stop it, and run this again when the transaction has timed out',
    }) // prettier-ignore
  const behind = sample?.workers.filter(({ lag }) => lag > 0).map(({ worker, lag }) => `${worker} ${lag}`) ?? []
  return new PayflowError('LAG_REMAINS', `Workers make no progress; lag: ${behind.join(', ') || 'unknown'}`, {
    kind: 'failed',
    hint: 'look at them with `payflow groups list`, and at the brokers with `payflow infra logs`',
  })
}
