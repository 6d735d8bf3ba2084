import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf, systemCodeOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { isRight, type AuditReport } from './audit.ts'

const recordSchema = z.object({
  atMs: z.number(),
  /** The cluster that was audited. */
  brokers: z.array(z.string()),
  ok: z.boolean(),
  workers: z.int(),
  inputs: z.int(),
  differences: z.int(),
  first: z.string().nullable(),
})
/** How the last audit of this PAYFLOW_HOME ended, for those who show it. */
export type AuditRecord = Readonly<z.infer<typeof recordSchema>>

const pathOf = (home: string): string => join(home, 'run', 'last-audit.json')

/** Keeps what an audit found. Where nothing can be written, others do not see it. */
export function recordAudit(home: string, brokers: readonly string[], { ok, workers }: AuditReport, log: Log): void {
  const path = pathOf(home)
  const wrong = workers.find((worker) => !isRight(worker))
  const record: AuditRecord = {
    atMs: Date.now(),
    brokers: [...brokers],
    ok,
    workers: workers.length,
    inputs: workers.reduce((sum, { inputs }) => sum + inputs, 0),
    differences: workers.reduce((sum, { missing, unexpected, disordered }) => sum + missing + unexpected + disordered, 0), // prettier-ignore
    first: wrong ? `${wrong.worker}: ${wrong.missing} missing, ${wrong.unexpected} unexpected` : null,
  }
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, `${JSON.stringify(record)}\n`)
    renameSync(`${path}.new`, path)
  } catch (error) {
    log('warn', 'audit-not-recorded', { path, error: messageOf(error) })
  }
}

/** Undefined when there was none, or of another cluster. */
export function lastAudit(home: string, brokers: readonly string[], log: Log): AuditRecord | undefined {
  try {
    const record = recordSchema.parse(JSON.parse(readFileSync(pathOf(home), 'utf8')))
    return record.brokers.some((broker) => brokers.includes(broker)) ? record : undefined
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') log('warn', 'audit-record-unreadable', { home, error: messageOf(error) })
    return undefined
  }
}
