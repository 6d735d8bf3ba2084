import { describe, expect, it } from 'vitest'
import { checkWorker } from '../../../../src/pipeline/worker/check.ts'
import { publicTopics } from '../../../../src/pipeline/events/topics.ts'
import { findWorker, defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'

describe('the registry', () => {
  it('has definitions that check', () => {
    for (const worker of workers) expect(checkWorker(worker)).toBe(worker)
  })

  it('finds a worker by its name alone', () => {
    expect(findWorker('large-orders')?.output.name).toBe('large_orders')
    expect(findWorker('large_orders')).toBeUndefined()
    expect(new Set(workers.map(({ name }) => name)).size).toBe(workers.length)
  })

  it('has one worker for each derived topic', () => {
    const derived = publicTopics.map(({ name }) => name).slice(3)
    expect(workers.map(({ output }) => output.name).sort()).toEqual(derived.sort())
  })

  it('starts from no state, or from one that a changelog can hold', () => {
    for (const { state } of workers) {
      if (!state || state.initial === null) continue
      expect(state.schema.parse(JSON.parse(JSON.stringify(state.initial)))).toEqual(state.initial)
    }
  })
})
