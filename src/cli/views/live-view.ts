import { formatNumber } from '../shell/format-number.ts'
import type { Live } from '../../app/run/live.ts'

/** A run in one line, for logs. */
export function plainLine({
  snapshot,
  processes,
  seconds,
  silentSeconds,
}: Pick<Live, 'snapshot' | 'processes' | 'seconds' | 'silentSeconds'>): string {
  const topics = snapshot.topics.map(({ topic, records, perSecond }) => `${topic} ${formatNumber(records)} (${formatNumber(perSecond)}/s)`) // prettier-ignore
  const lag = snapshot.workers.reduce((sum, worker) => sum + worker.lag, 0)
  const restarts = processes.reduce((sum, process) => sum + process.restarts, 0)
  const silent = silentSeconds > 0 ? `; brokers silent for ${silentSeconds} s` : ''
  return `${formatNumber(seconds)} s: ${topics.join(', ')}; lag ${formatNumber(lag)}, restarts ${restarts}${silent}`
}
