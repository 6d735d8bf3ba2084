import { expect, test } from 'vitest'
import { plainLine } from '../../../../src/cli/views/live-view.ts'
import { publicTopics } from '../../../../src/pipeline/events/topics.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'

const live = (silentSeconds = 0): Parameters<typeof plainLine>[0] => ({
  ...{ seconds: 61.4, silentSeconds },
  snapshot: {
    topics: publicTopics.slice(0, 2).map(({ name }) => ({ topic: name, records: 1_234_567, perSecond: 49.6 })),
    workers: workers.map(({ name }) => ({ worker: name, lag: 3, undecided: 0, state: 'Stable', members: 1 })),
  },
  processes: workers.map(({ name }) => ({ worker: name, state: 'running', restarts: 0, pid: 1 })),
})

test('a log has a run in one line', () => {
  expect(plainLine(live(4))).toBe(
    '61 s: orders 1,234,567 (50/s), payments 1,234,567 (50/s); lag 18, restarts 0; brokers silent for 4 s',
  )
  expect(plainLine(live())).not.toContain('silent')
})
