import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from '../whole-file.ts'
import { kafkaVersions } from './kafka-version.ts'

const recordSchema = z.object({
  engine: z.enum(['docker', 'local', 'external']),
  brokers: z.array(z.string()).min(1),
  zookeeper: z.string().nullable(),
  ksql: z.string().nullable(),
  startedAt: z.string(),
  nodes: z.int().min(1),
  /** Absent: 3.9, written by an earlier payflow. */
  kafka: z.enum(kafkaVersions).optional(),
  run: z.object({ pid: z.int(), startTime: z.string() }).optional(),
})
/** What `infra up` remembers of the brokers it started, in `<home>/infra.json`. `run`: the process with which they end. */
export type InfraRecord = z.infer<typeof recordSchema>

const recordPath = (home: string): string => join(home, 'infra.json')

/** A missing or unreadable record counts as none: `infra up` writes a new one. */
export function readRecord(home: string): InfraRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(recordPath(home), 'utf8')))
  } catch {
    return undefined
  }
}

export function writeRecord(home: string, record: InfraRecord): void {
  writeWhole(recordPath(home), `${JSON.stringify(record, null, 2)}\n`)
}

export function removeRecord(home: string): void {
  rmSync(recordPath(home), { force: true })
}
