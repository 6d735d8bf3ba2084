import { expect, test } from 'vitest'
import { didYouMean } from '../../src/did-you-mean.ts'

const known = ['failed-payments', 'large-orders', 'aggregated-revenue', 'process-orders', 'process-payments']

test.each([
  ['large-order', 'large-orders'],
  ['lagre-orders', 'large-orders'],
  ['Large-Orders', 'large-orders'],
  ['agg', 'aggregated-revenue'],
  ['proces-payment', 'process-payments'],
])('%s is taken for %s', (typed, meant) => {
  expect(didYouMean(typed, known)).toBe(`did you mean ${meant}?`)
})

test('two letters that changed places are one mistake', () => {
  expect(didYouMean('usres', ['usher', 'users'])).toBe('did you mean users?')
})

test.each(['x', 'kafka', 'revenue-of-the-last-year', ''])(
  'for %j, which is near to nothing, all are named',
  (typed) => {
    expect(didYouMean(typed, known)).toBe(`known: ${known.join(', ')}`)
    expect(didYouMean(typed, known, 'look it up')).toBe('look it up')
  },
)
