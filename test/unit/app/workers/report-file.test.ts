import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { noLog } from '../../../../src/log.ts'
import { Reporter } from '../../../../src/app/monitor/report.ts'
import { registerThisProcess, reportPathOf } from '../../../../src/app/workers/process-registry.ts'
import { keepReporting, reportOf } from '../../../../src/app/workers/report-file.ts'
import { processesOn } from '../../../../src/app/workers/running.ts'

const registration = { workers: [{ name: 'a', arguments: [] }], brokers: ['b:1'], supervised: true, restarts: 4 }

function home(): string {
  const path = mkdtempSync(join(tmpdir(), 'payflow-report-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test('what a process says of itself is found with it, by those who look at the same cluster, and is gone when it leaves', () => {
  const path = home()
  const leave = registerThisProcess(path, registration)
  const end = keepReporting(path, new Reporter(['a']), noLog)
  const [found, ...others] = processesOn({ home: path, brokers: ['b:1', 'b:2'] }, noLog)
  expect(others).toEqual([])
  expect(found).toMatchObject({ pid: process.pid, restarts: 4, report: { workers: [{ worker: 'a', tasks: [] }] } })
  expect(processesOn({ home: path, brokers: ['c:1'] }, noLog)).toEqual([])
  end()
  leave()
  expect(existsSync(reportPathOf(path, process.pid))).toBe(false)
})

test('a report that cannot be read is none, and one that cannot be written disturbs nobody', () => {
  const path = home()
  registerThisProcess(path, registration)
  writeFileSync(reportPathOf(path, process.pid), '{"atMs": "soon"}')
  expect(reportOf(path, process.pid, noLog)).toBeUndefined()
  expect(processesOn({ home: path, brokers: ['b:1'] }, noLog)).toMatchObject([{ report: undefined }])
  keepReporting(join(path, 'nowhere'), new Reporter(['a']), noLog)()
})
