import { PayflowError } from '../errors.ts'
import type { Client } from '../kafka/client.ts'
import { auditRules } from '../pipeline/audit/rules.ts'
import { hasMoved, takeCut, type Cut } from './audit-cut.ts'
import { WorkerAuditor, type AuditChoice, type WorkerAudit } from './audit-worker.ts'
import type { WorkerChoice } from './worker-arguments.ts'

export interface AuditReport {
  readonly ok: boolean
  readonly workers: readonly WorkerAudit[]
}

export interface AuditProgress {
  readonly worker: string
  /** Records read and judged so far. */
  readonly records: number
  /** Offsets to read in all: records, and a commit marker a transaction. */
  readonly total: number
}

/** While workers run, what looks like a difference may be a transaction that has just come: then it is looked at again. */
const ATTEMPTS = 3

/** @throws PayflowError (usage) for a worker whose rule is not known */
export function auditChoices(choices: readonly WorkerChoice[]): AuditChoice[] {
  return choices.map(({ definition, options }) => {
    const rule = auditRules.get(definition.name)
    if (rule) return { worker: definition, options, rule }
    throw new PayflowError('NO_AUDIT_RULE', `What ${definition.name} must write is not known`, { kind: 'usage', hint: `audit one of ${[...auditRules.keys()].join(', ')}` }) // prettier-ignore
  })
}

/**
 * Recomputes what each worker must have written from its inputs up to its group's committed offsets, and compares it with what
 * a read-committed reader sees. The workers may be running: see `takeCut`.
 */
export async function audit(
  client: Client,
  choices: readonly AuditChoice[],
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: AuditProgress) => void },
): Promise<AuditReport> {
  const workers: WorkerAudit[] = []
  for (const choice of choices) workers.push(await auditOne(client, choice, signal, onProgress))
  return { ok: workers.every(isRight), workers }
}

export const isRight = ({ missing, unexpected, disordered }: WorkerAudit): boolean =>
  missing + unexpected + disordered === 0

async function auditOne(
  client: Client,
  choice: AuditChoice,
  signal: AbortSignal,
  onProgress: (progress: AuditProgress) => void,
): Promise<WorkerAudit> {
  const worker = choice.worker.name
  for (let attempt = 1; ; attempt++) {
    const cut = await takeCut(client, choice.worker, signal)
    const total = offsetsOf(cut)
    let records = 0
    const onRead = (count: number): void => onProgress({ worker, records: (records += count), total })
    const connection = client.connect()
    try {
      const result = await new WorkerAuditor(connection, cut, choice, { signal, onRead }).run()
      if (isRight(result) || attempt === ATTEMPTS || !(await hasMoved(client, choice.worker, cut, signal)))
        return result
    } finally {
      await connection.close()
    }
  }
}

const offsetsOf = ({ inputs, inbox, outputs, deadLetters }: Cut): number =>
  [...[...inputs.values()].flat(), ...inbox, ...outputs, ...deadLetters].reduce((sum, { to }) => sum + to, 0)
