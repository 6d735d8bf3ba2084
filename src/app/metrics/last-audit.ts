import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, systemCodeOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { Figures } from './figures.ts'
import { writeWhole } from '../../whole-file.ts'

const auditedSchema = z.record(
  z.string(),
  z.object({ ok: z.boolean(), atMs: z.number(), inputs: z.int().default(0), differences: z.int().default(0) }),
)
/** Worker → what its last audit found, and when that was. */
export type Audited = z.infer<typeof auditedSchema>

export type Place = Pick<Settings, 'home' | 'brokers'>

/** One file for each cluster. */
function pathOf({ home, brokers }: Place): string {
  const cluster = createHash('sha256')
    .update([...brokers].sort().join(','))
    .digest('hex')
    .slice(0, 8)
  return join(home, 'run', `audit-${cluster}.json`)
}

/** What is kept of a worker's audit. */
export interface KeptAudit {
  readonly worker: string
  readonly ok: boolean
  /** Input records that were recomputed. */
  readonly inputs?: number
  readonly differences?: number
}

/** Keeps what an audit has found, for whoever watches the workers. Where nothing can be written, nobody learns of it. */
export function keepAudit(place: Place, found: readonly KeptAudit[], log: Log): void {
  const path = pathOf(place)
  const now = Date.now()
  try {
    const all = {
      ...lastAudits(place),
      ...Object.fromEntries(
        found.map(({ worker, inputs = 0, differences = 0, ok }) => [worker, { ok, atMs: now, inputs, differences }]),
      ),
    }
    writeWhole(path, `${JSON.stringify(all)}\n`)
  } catch (error) {
    log('warn', 'audit-not-kept', { path, error: messageOf(error) })
  }
}

/** What is known of audits on this cluster. */
export function lastAudits(place: Place): Audited {
  try {
    return auditedSchema.parse(JSON.parse(readFileSync(pathOf(place), 'utf8')))
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof z.ZodError) return {}
    throw error
  }
}

/** Shows what is known of audits of these workers. */
export function showAudits(figures: Figures, place: Place, workers: readonly string[]): void {
  for (const [worker, { ok, atMs }] of Object.entries(lastAudits(place))) {
    if (!workers.includes(worker)) continue
    figures.set('payflow_audit_ok', { worker }, ok ? 1 : 0)
    figures.set('payflow_audit_last_run_timestamp_seconds', { worker }, atMs / 1000)
  }
}
