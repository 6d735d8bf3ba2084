import { formatNumber } from '../shell/format-number.ts'
import { keepAudit, type KeptAudit } from '../../app/metrics/last-audit.ts'
import { audit, isRight, type AuditProgress, type AuditReport } from '../../app/audit/audit.ts'
import type { AuditChoice, WorkerAudit } from '../../app/audit/worker-audit.ts'
import type { Client } from '../../kafka/client.ts'
import type { Context } from '../shell/action.ts'
import { table, type Palette } from '../shell/output.ts'
import { live, type LiveView } from '../views/live.ts'

interface State {
  /** Of the worker that has just got on. */
  readonly latest: AuditProgress
  readonly all: readonly AuditProgress[]
}

/** How much of its inputs and outputs is read for each worker. */
const auditView = ({ dim }: Palette): LiveView<State> => ({
  lines: ({ all }, announced) => {
    const rows = all.map(({ worker, read, total }) => [
      worker,
      `${total === 0 ? 100 : Math.floor((100 * read) / total)} %`.padStart(5),
      read,
      total,
    ])
    const [head = '', ...lines] = table(['audit of', '', 'read', 'of'], rows)
    return [dim(head), ...lines, ...(announced === undefined ? [] : [announced])]
  },
  plain: ({ latest: { worker, read, total } }) =>
    `audit of ${worker}: ${formatNumber(read)} of ${formatNumber(total)} read`,
  drawEveryMs: 100,
  plainEveryMs: 5_000,
})

/** Audits workers, shows how far it has come, and keeps what was found for who watches them. */
export async function runAudit(
  { world, output, settings, log }: Pick<Context, 'world' | 'output' | 'settings' | 'log'>,
  client: Client,
  choices: readonly AuditChoice[],
  signal: AbortSignal,
): Promise<AuditReport> {
  const latest = new Map<string, AuditProgress>()
  const report = await live({ world, output }, auditView(output.err), ({ show }) => {
    const onProgress = (progress: AuditProgress): void => {
      latest.set(progress.worker, progress)
      show({ latest: progress, all: [...latest.values()] }, { urgent: progress.read >= progress.total })
    }
    return audit(client, choices, { signal, onProgress })
  })
  keepAudit(settings, report.workers.map(keptOf), log) // prettier-ignore
  return report
}

const keptOf = (found: WorkerAudit): KeptAudit => {
  const { worker, inputs, missing, unexpected, disordered } = found
  return { worker, ok: isRight(found), inputs, differences: missing + unexpected + disordered }
}
