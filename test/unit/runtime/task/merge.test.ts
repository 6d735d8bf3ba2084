import { describe, expect, it } from 'vitest'
import { nextInput } from '../../../../src/runtime/task/merge.ts'

const head = (name: string, time: number | undefined) => ({
  name,
  drained: false,
  peek: () => ({ alias: name, event: {}, reason: time === undefined ? 'bad' : undefined, time }),
})
const empty = (name: string, drained: boolean) => ({ name, drained, peek: (): undefined => undefined })

describe('of several inputs', () => {
  it('the earliest event comes next, of equal ones that of the first input', () => {
    expect(nextInput([head('orders', 7), head('payments', 5)])?.name).toBe('payments')
    expect(nextInput([head('orders', 5), head('payments', 5)])?.name).toBe('orders')
  })

  it('bad input comes first, and holds nobody up', () => {
    expect(nextInput([head('orders', 5), head('payments', undefined)])?.name).toBe('payments')
  })

  it('an idle one holds nobody up, for ever', () => {
    expect(nextInput([empty('orders', true), head('payments', 5)])?.name).toBe('payments')
  })

  it('one that has something that is not fetched yet, or has not answered, is waited for: event time does not run ahead of it', () => {
    expect(nextInput([empty('orders', false), head('payments', 5)])).toBeUndefined()
  })

  it('nothing comes next when there is nothing', () => {
    const next: unknown = nextInput([empty('orders', true), empty('payments', true)])
    expect(next).toBeUndefined()
  })
})
