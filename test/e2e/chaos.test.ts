import { expect, test, vi } from 'vitest'
import { documents, ownHome, processesOf } from '../support/cli.ts'
import { eventually } from '../support/wait.ts'

vi.setConfig({ testTimeout: 180_000 })

interface Summary {
  workers: { worker: string; lag: number }[]
  chaos: { total: number; skipped: number; kinds: { kind: string; faults: number }[]; notRestarted: string[] }
  audit: { ok: boolean; workers: { worker: string; expected: number; missing: number; unexpected: number }[] }
}

test('a minute of chaos: workers killed, frozen and cut off, a broker restarted, and the audit finds nothing lost and nothing twice', async () => {
  const { home, payflow } = await ownHome()
  const { code, stdout, stderr } = await payflow('all', '--chaos', '--duration', '60s', '--seed', '1', '--json')
  expect(code, stderr).toBe(0)
  const { workers, chaos, audit } = documents(stdout)[0] as unknown as Summary
  // on a slow machine a broker is away for most of the minute, and there is nothing to break meanwhile
  expect(chaos.total + chaos.skipped, stderr).toBeGreaterThanOrEqual(25)
  const happened = chaos.kinds.filter(({ faults }) => faults > 0).map(({ kind }) => kind)
  expect(happened.sort(), stderr).toEqual(['cut', 'freeze-worker', 'kill-worker', 'restart-broker', 'scale'])
  expect(chaos.notRestarted).toEqual([])
  expect(audit.ok).toBe(true)
  expect(audit.workers).toHaveLength(6)
  for (const { worker, expected, missing, unexpected } of audit.workers) {
    expect({ worker, missing, unexpected }).toEqual({ worker, missing: 0, unexpected: 0 })
    expect(expected, worker).toBeGreaterThan(0)
  }
  expect(workers.map(({ lag }) => lag)).toEqual([0, 0, 0, 0, 0, 0])
  await eventually(() => expect(processesOf(home)).toEqual([]))
})
