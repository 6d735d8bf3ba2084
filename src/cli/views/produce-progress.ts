import { formatNumber } from '../shell/format-number.ts'
import type { ProducerProgress } from '../../app/producers.ts'
import type { LiveView } from './live.ts'

type Progress = readonly ProducerProgress[]

/** Acknowledged records and real rate of each kind. */
export const produceView: LiveView<Progress> = {
  lines: (progress, announced) => [
    ...progress.map((p) => `${p.kind.padEnd(9)} ${formatNumber(p.acknowledged).padStart(12)} ${formatNumber(p.perSecond).padStart(9)}/s`), // prettier-ignore
    ...(announced === undefined ? [] : [announced]),
  ],
  plain: (progress) =>
    progress.map((p) => `${p.kind} ${formatNumber(p.acknowledged)} (${formatNumber(p.perSecond)}/s)`).join(', '),
  plainEveryMs: 5_000,
}
