import { describe, expect, test } from 'vitest'
import {
  planReplay,
  candidateOf,
  type ReplayCandidate,
  type ReplayState,
} from '../../../../src/app/dead-letters/replay-plan.ts'
import type { DeadLetter } from '../../../../src/app/dead-letters/dead-letter.ts'
import { orders } from '../../../../src/pipeline/events/topics.ts'
import { order as someOrder } from '../../../../src/pipeline/testing/events.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'
import { partitionOf } from '../../../../src/kafka/partitioner.ts'

const candidate = (change: Partial<ReplayCandidate> = {}): ReplayCandidate => ({
  id: '0:1',
  worker: 'large-orders',
  originId: 'large-orders payments/2/40',
  originPartition: 5,
  reason: 'a reason',
  replays: 0,
  placeText: '42',
  isInput: true,
  ...change,
})
const state = (change: Partial<ReplayState> = {}): ReplayState => ({
  candidates: [candidate()],
  superseded: new Map(),
  handedOver: new Map(),
  inboxPartitions: new Map([['payflow-large-orders-inbox', 3]]),
  ...change,
})

describe('planning a replay', () => {
  test('hands a record to the inbox of its worker, in the partition of its state', () => {
    expect(planReplay(state())).toEqual({
      replays: [
        {
          id: '0:1',
          worker: 'large-orders',
          inbox: 'payflow-large-orders-inbox',
          key: '42',
          partition: partitionOf('42', 3),
          replays: 1,
        },
      ],
      skipped: [],
    })
  })

  test('leaves a record that cannot be read in the partition that it came from, as far as there is one', () => {
    const { replays } = planReplay(state({ candidates: [candidate({ placeText: undefined })] }))
    expect(replays).toMatchObject([{ key: null, partition: 5 % 3 }])
  })

  test('leaves out what was replayed already and not refused again since', () => {
    const handedOver = new Map([['large-orders payments/2/40', 1]])
    expect(planReplay(state({ handedOver }))).toMatchObject({
      replays: [],
      skipped: [{ id: '0:1', why: expect.stringContaining('replayed already') as string }],
    })
    const refusedAgain = planReplay(state({ handedOver, candidates: [candidate({ replays: 1 })] }))
    expect(refusedAgain.replays).toMatchObject([{ replays: 2 }])
  })

  test('ends loops: a record that was replayed three times in vain needs --force', () => {
    const candidates = [candidate({ replays: 3 })]
    const handedOver = new Map([['large-orders payments/2/40', 3]])
    expect(planReplay(state({ candidates, handedOver }))).toMatchObject({
      replays: [],
      skipped: [{ why: 'it was replayed 3 times and refused each time' }],
    })
    expect(planReplay(state({ candidates, handedOver }), { force: true }).replays).toMatchObject([{ replays: 4 }])
  })

  test('names the inbox that is missing, also with --force', () => {
    const plan = planReplay(state({ inboxPartitions: new Map() }), { force: true })
    expect(plan.skipped).toEqual([
      { id: '0:1', worker: 'large-orders', why: 'there is no topic payflow-large-orders-inbox' },
    ])
  })

  test('points from an older dead letter of a record to its newest', () => {
    const plan = planReplay(state({ candidates: [], superseded: new Map([['0:1', candidate({ id: '2:8' })]]) }))
    expect(plan.skipped).toMatchObject([{ id: '0:1', why: expect.stringContaining('2:8') as string }])
  })
})

describe('what is known of a dead letter', () => {
  const letter = (value: string | null, topic = 'payments', worker = 'large-orders'): DeadLetter => ({
    id: '0:1',
    worker,
    reason: 'a reason',
    refusedAtMs: 0,
    origin: { topic, partition: 1, offset: 2, timestamp: 0, key: null, replays: 0 },
    record: { topic: 'dead_letters', partition: 0, offset: 1, timestampMs: 0, key: null, value: value === null ? null : Buffer.from(value), headers: [] }, // prettier-ignore
  })

  const order = orders.shape.encode(someOrder().event)
  test.each([
    [order, 'aggregated-revenue', '1'],
    [order, 'process-payments', '1'],
    ['{"user_id":7,"amount":"bad"}', 'large-orders', '7'],
    ['{"user_id":0}', 'large-orders', undefined],
    ['{"user_id":"7"}', 'large-orders', undefined],
    ['null', 'aggregated-revenue', undefined],
    ['{"user_id":', 'aggregated-revenue', undefined],
    [null, 'aggregated-revenue', undefined],
    [order, 'unknown', '1'],
  ])('where its state lies is read from %s for %s, as far as it can be', (value, worker, text) => {
    expect(candidateOf(letter(value, 'orders', worker), workers).placeText).toBe(text)
  })

  test('a topic that is not an input of its worker is noticed', () => {
    expect(candidateOf(letter('{}'), workers).isInput).toBe(true)
    expect(candidateOf(letter('{}', 'users'), workers).isInput).toBe(false)
    expect(candidateOf({ ...letter('{}', 'users'), worker: 'unknown' }, workers).isInput).toBe(true)
  })
})
