import { topicsMissing, topicsWith } from '../../kafka/missing-topics.ts'
import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listGroups } from '../../kafka/groups.ts'
import { auditRules } from '../../pipeline/audit/rules.ts'
import { auditedOf } from '../../pipeline/worker/audited.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import { hasMoved, refuseTrimmedSince, takeCut } from './cut.ts'
import { WorkerAuditor } from './worker.ts'
import type { AuditChoice, WorkerAudit } from './worker-audit.ts'
import type { WorkerChoice } from '../workers/arguments.ts'

export interface AuditReport {
  readonly ok: boolean
  readonly workers: readonly WorkerAudit[]
}

export interface AuditProgress {
  readonly worker: string
  /** Offsets read so far, and in all: records, and one commit marker per transaction. It starts over when the worker has moved on too far. */
  readonly read: number
  readonly total: number
}

/** While workers run, what looks like a difference may be a transaction that has just come: then it is looked at again. */
const ATTEMPTS = 3

/** Whether it is known what a worker must write: for a custom one, only if its definition says so. */
export const hasRule = ({ definition }: WorkerChoice): boolean => auditedOf(definition) !== undefined

/** @throws PayflowError (usage) for a worker whose rule is not known */
export function auditChoices(choices: readonly WorkerChoice[]): AuditChoice[] {
  return choices.flatMap(({ definition, options }) => {
    const parts = auditedOf(definition)
    if (parts) return parts.map((part) => ({ ...part, options }))
    throw new PayflowError('NO_AUDIT_RULE', `What ${definition.name} must write is not known`, { kind: 'usage', hint: definition.file === undefined ? `audit one of ${[...auditRules.keys()].join(', ')}` : `its definition in ${definition.file} would have to say it, as \`audit\`` }) // prettier-ignore
  })
}

/** A worker without a trace: its group has never been there, and topics that it needs are not there. */
interface AbsentWorker {
  readonly worker: string
  readonly topics: readonly string[]
}

/**
 * Tells workers that can be audited from those that never ran here. One that has run and whose topics are gone is not among the latter.
 * @throws PayflowError (failed) when none is left, or `all` of them are wanted and one is not there
 */
export async function chooseAuditable(
  client: Client,
  choices: readonly AuditChoice[],
  all: boolean,
): Promise<{ present: AuditChoice[]; absent: AbsentWorker[] }> {
  const existing = await topicsWith(client, [...new Set(choices.flatMap(({ worker }) => topicsOf(worker)))])
  const wanted = new Set(choices.map(({ worker }) => groupOf(worker.name)))
  const groups = new Set((await listGroups(client, (group) => wanted.has(group))).map(({ group }) => group))
  const present: AuditChoice[] = []
  const absent: AbsentWorker[] = []
  for (const choice of choices) {
    const { name } = choice.worker
    const topics = topicsOf(choice.worker).filter((topic) => !existing.has(topic))
    if (topics.length === 0 || groups.has(groupOf(name))) present.push(choice)
    else absent.push({ worker: name, topics })
  }
  if (absent.length > 0 && (all || present.length === 0)) throw nothingToAudit(absent)
  return { present, absent }
}

const topicsOf = ({ inputs, output }: AnyWorker): string[] => [
  ...new Set([...Object.values(inputs), output].map(({ name }) => name)),
]

function nothingToAudit(absent: readonly AbsentWorker[]): PayflowError {
  const topics = [...new Set(absent.flatMap((worker) => worker.topics))]
  const names = absent.map(({ worker }) => worker).join(', ')
  return topicsMissing(topics, {
    neededBy: `The audit of ${names} needs`,
    hint: 'is this the right cluster? `payflow topics create` creates topics, `payflow all` fills them',
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
    const onRead = (read: number, total: number): void => onProgress({ worker, read, total })
    const connection = client.connect()
    try {
      const result = await new WorkerAuditor(connection, cut, choice, { signal, onRead }).run()
      if (!isRight(result)) await refuseTrimmedSince(client, choice.worker, cut, signal)
      if (isRight(result) || attempt === ATTEMPTS || !(await hasMoved(client, choice.worker, cut, signal)))
        return result
    } finally {
      await connection.close()
    }
  }
}
