import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { partitionOf } from '../../../../src/kafka/partitioner.ts'
import { integer, text } from '../../../../src/pipeline/codec/fields.ts'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { order, payment } from '../../../../src/pipeline/testing/events.ts'
import { defineWorker } from '../../../../src/pipeline/worker/define-worker.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'
import { placesOf, PlacementCheck, statesByKey } from '../../../../src/pipeline/worker/placement.ts'
import { MemoryState } from '../../../../src/runtime/state/memory-state.ts'
import { defaultWorkers } from '../../../../src/pipeline/workers/index.ts'
import { refuseMisplaced } from '../../../../src/runtime/state/misplaced.ts'

interface Sale {
  readonly shop: string
  readonly currency: string
}
const sales = defineTopic('sales', { shop: text(), currency: text(), items: integer(1) })
const output = defineTopic('out', { n: integer(0) }, { key: () => '' })
const keyed = (key: (sale: Sale) => string, partitionBy?: (sale: Sale) => string): AnyWorker => ({
  ...defineWorker({
    name: 'sums',
    summary: 'Sums',
    inputs: { sales },
    output,
    state: { schema: z.int(), initial: 0, key: { sales: key } },
    ...(partitionBy && { partitionBy: { sales: partitionBy } }),
    on: { sales: () => undefined },
  }),
  file: './sums.js',
})
const sale = fc.record({ shop: fc.constantFrom('a', 'b', 'c'), currency: fc.constantFrom('EUR', 'USD', 'JPY') })
const none = { key: 'of the record' }
const byCurrency = ({ currency }: Sale): string => currency
const byShop = ({ shop }: Sale): string => shop
const byBoth = ({ shop, currency }: Sale): string => `${shop}/${currency}`

describe('where state lies', () => {
  it('is its key, or what partitionBy says', () => {
    const event = { shop: 'a', currency: 'EUR' }
    expect(placesOf(keyed(byCurrency))['sales']!(event, none)).toBe('EUR')
    expect(placesOf(keyed(byBoth, byShop))['sales']!(event, none)).toBe('a')
    expect([...statesByKey(keyed(byCurrency))]).toEqual([''])
    expect([...statesByKey(keyed(byBoth, byShop))]).toEqual([])
  })

  it('is the user for every built-in worker with state, and nothing for the others', () => {
    for (const worker of defaultWorkers)
      expect(Object.keys(placesOf(worker))).toEqual(worker.state ? Object.keys(worker.inputs) : [])
    const places = placesOf(defaultWorkers.find(({ name }) => name === 'process-payments')!)
    expect([places['orders']!(order({ user_id: 7 }).event, none), places['payments']!(payment({ user_id: 7 }).event, none)]).toEqual(['7', '7']) // prettier-ignore
  })

  it('is text, and says which function gave something else', () => {
    const worker = keyed(byBoth, (() => 7) as never)
    expect(() => placesOf(worker)['sales']!({}, none)).toThrow('partitionBy.sales returned 7: it must be text')
  })
})

describe('a contradiction', () => {
  const noticed = (worker: AnyWorker, key: (sale: Sale) => string, all: readonly Sale[]): boolean => {
    const check = new PlacementCheck(worker)
    try {
      for (const each of all) check.check('sales', each, { key: key(each), record: none })
      return false
    } catch {
      return true
    }
  }

  it('is noticed exactly when a key comes with two texts', () => {
    fc.assert(
      fc.property(fc.array(sale), (all) => {
        const texts = new Map<string, Set<string>>()
        for (const each of all) texts.set(each.currency, (texts.get(each.currency) ?? new Set()).add(each.shop))
        const contradicts = [...texts.values()].some((of) => of.size > 1)
        expect(noticed(keyed(byCurrency, byShop), byCurrency, all)).toBe(contradicts)
        expect(noticed(keyed(byBoth, byShop), byBoth, all)).toBe(false)
      }),
    )
  })

  it('is noticed at once where another input lies by its key', () => {
    const two: AnyWorker = {
      ...keyed(byCurrency),
      inputs: { sales, more: sales },
      partitionBy: { sales: byShop },
    }
    const check = new PlacementCheck({ ...two, state: { ...two.state!, key: { sales: byCurrency, more: byCurrency } } }) // prettier-ignore
    expect(() => check.check('sales', { shop: 'a', currency: 'EUR' }, { key: 'EUR', record: none })).toThrow(
      'partitionBy.sales returned "a" for the state of "EUR", which lies by "EUR": the state of one key must lie in one partition',
    )
    expect(() => check.check('sales', { shop: 'EUR', currency: 'EUR' }, { key: 'EUR', record: none })).not.toThrow()
  })
})

describe('restored state', () => {
  const restored = (worker: AnyWorker, ...keys: readonly string[]): MemoryState => {
    const state = new MemoryState(worker, {})
    for (const key of keys) state.restore(key, 1)
    return state
  }
  const home = partitionOf('EUR', 4)

  it('is refused where its key says that it lies elsewhere, and taken where that cannot be known', async () => {
    const worker = keyed(byCurrency)
    const at = (partition: number) => ({ partition, partitions: 4 })
    await expect(refuseMisplaced(worker, restored(worker, 'EUR'), at(home))).resolves.toBeUndefined()
    await expect(refuseMisplaced(worker, restored(worker, 'EUR'), at((home + 1) % 4))).rejects.toThrow(
      `payflow-sums-state/${(home + 1) % 4} holds the state of "EUR", which belongs to partition ${home}: it was kept by another rule`,
    )
    const byOther = keyed(byBoth, byShop)
    await expect(refuseMisplaced(byOther, restored(byOther, 'a/EUR'), at((home + 1) % 4))).resolves.toBeUndefined()
  })

  it('of several states is known by the key within', async () => {
    const several = defineWorker({
      name: 'sums',
      summary: 'Sums',
      inputs: { sales },
      output,
      states: { a: { schema: z.int(), initial: 0, key: { sales: byCurrency } }, b: { schema: z.int(), initial: 0, key: { sales: byCurrency } } }, // prettier-ignore
      on: { sales: () => undefined },
    })
    const worker = { ...several, file: './sums.js' }
    await expect(refuseMisplaced(worker, restored(worker, 'a/EUR', 'b/EUR'), { partition: home, partitions: 4 })).resolves.toBeUndefined() // prettier-ignore
    await expect(refuseMisplaced(worker, restored(worker, 'a/EUR'), { partition: home + 1, partitions: 4 })).rejects.toThrow('"EUR"') // prettier-ignore
  })
})
