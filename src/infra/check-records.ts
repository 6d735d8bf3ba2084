import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Check, CheckFinding } from '../check.ts'
import { readRecord, removeRecord } from '../settings/infra-record.ts'
import { breakStaleLock, staleHolder, takeLock } from './lock.ts'
import { layoutOf } from './local/layout.ts'
import { aliveIn, forget, readStates } from './local/services.ts'

/** What earlier processes left in a home: records and locks of those that are gone, and processes that nobody wants any more. */
export function checkRecords(home: string): Check {
  const layout = layoutOf(home)
  const states = readStates(layout)
  const findings: CheckFinding[] = [
    ...states.stale.map((service): CheckFinding => ({
      severity: 'warning',
      what: `The pid file of ${service.name} is left, the process is not`,
      evidence: [`pid ${service.pid}, port ${service.port}`],
      hint: 'remove it with `payflow doctor --fix`; `payflow infra up` would do so too',
      fix: () => forget(layout, service),
    })),
    ...states.left.map((service): CheckFinding => ({
      severity: 'warning',
      what: `${service.name} (pid ${service.pid}) still runs, though what started it is gone`,
      evidence: [`port ${service.port}`, service.run ? `it belonged to pid ${service.run.pid}` : 'it has no pid file'],
      hint: 'stop it with `payflow infra down`',
    })),
    ...locksIn(home).flatMap((path) => staleLock(path)),
    ...partialJars(home),
  ]
  const record = readRecord(home)
  if (record?.engine === 'local' && aliveIn(states).length === 0)
    findings.push({
      severity: 'warning',
      what: 'The brokers that `payflow infra up` recorded are gone',
      evidence: [`${record.brokers.join(', ')}, started ${record.startedAt}`],
      hint: 'start them again with `payflow infra up`, or remove the record with `payflow doctor --fix`',
      fix: () => alone(home, () => removeRecord(home)),
    })
  const summary = findings.length === 0 ? `nothing stale in ${home}` : `in ${home}`
  return { name: 'records', summary, findings }
}

/** Does it while no start or stop is under way in this home; leaves it when one is. */
function alone(home: string, action: () => void): void {
  const attempt = takeLock(layoutOf(home).lock)
  if (attempt.outcome !== 'taken') return
  try {
    action()
  } finally {
    attempt.release()
  }
}

/** Those of `infra up` and `payflow all`. */
function locksIn(home: string): string[] {
  const run = join(home, 'run')
  const runs = existsSync(run) ? readdirSync(run).filter((name) => /^all.*\.lock$/.test(name)) : []
  return [layoutOf(home).lock, ...runs.map((name) => join(run, name))].filter((path) => existsSync(path))
}

function staleLock(path: string): CheckFinding[] {
  const stale = staleHolder(path)
  if (!stale) return []
  return [
    {
      severity: 'warning',
      what: `The lock ${path} is held by nobody any more`,
      evidence: [
        stale.pid === undefined ? 'it names no process' : `pid ${stale.pid} took it at ${stale.since}, and has ended`,
      ],
      hint: 'remove it with `payflow doctor --fix`',
      fix: () => breakStaleLock(path),
    },
  ]
}

/** Left by a start that was killed while it fetched; the next fetch removes them, under the lock. */
function partialJars(home: string): CheckFinding[] {
  const names = existsSync(home) ? readdirSync(home).filter((name) => /^kafka-.*\.partial-/.test(name)) : []
  if (names.length === 0 || (existsSync(layoutOf(home).lock) && !staleHolder(layoutOf(home).lock))) return []
  return [
    {
      severity: 'warning',
      what: 'Jars that were only partly fetched are left',
      evidence: names.map((name) => join(home, name)),
      hint: 'remove them with `payflow doctor --fix`',
      fix: () =>
        alone(home, () => {
          for (const name of names) rmSync(join(home, name), { recursive: true, force: true })
        }),
    },
  ]
}
