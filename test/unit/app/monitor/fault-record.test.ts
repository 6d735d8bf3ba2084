import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FaultFeed, recordFault } from '../../../../src/app/monitor/fault-record.ts'
import { noLog } from '../../../../src/log.ts'

const fault = (atMs: number) => ({ atMs, kind: 'kill-worker', target: 'pid 7', what: 'killed' })

test('another process sees the faults that come, once each, and none that were there before', async () => {
  const home = await mkdtemp(join(tmpdir(), 'payflow-faults-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const now = Date.now()
  recordFault(home, fault(now - 5_000), noLog)
  const feed = new FaultFeed(home, noLog)
  expect(feed.next()).toEqual([])
  recordFault(home, fault(now + 1_000), noLog)
  recordFault(home, fault(now + 2_000), noLog)
  expect(feed.next().map(({ atMs }) => atMs)).toEqual([now + 1_000, now + 2_000])
  expect(feed.next()).toEqual([])
})
