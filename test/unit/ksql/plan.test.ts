import { describe, expect, it } from 'vitest'
import { titleOf } from '../../../src/ksql/actions.ts'
import type { Examined } from '../../../src/ksql/examine.ts'
import { planApply, planDrop } from '../../../src/ksql/plan.ts'
import { loadStatements } from '../../../src/ksql/statements.ts'

type Finding = Examined['finding']

const statements = loadStatements()

/** Everything is there as described, but for what is given. */
const examined = (others: Readonly<Record<string, Finding>> = {}): Examined[] =>
  statements.map((statement) => {
    const finding: Finding = others[statement.name] ?? { state: 'same' }
    const exists = finding.state !== 'missing'
    const query = exists && statement.derived ? ({ id: `Q_${statement.name}` } as Examined['query']) : undefined
    return { statement, finding, exists, query, holders: [] }
  })
const edit = (all: readonly Examined[], name: string, change: Partial<Examined>): Examined[] =>
  all.map((one) => (one.statement.name === name ? { ...one, ...change } : one))
const changed: Finding = { state: 'changed', why: 'it differs' }
const titles = (all: readonly Examined[], replace: boolean): string[] =>
  planApply(all, { replace }).actions.map(titleOf)
const fates = (all: readonly Examined[], replace: boolean): Record<string, string> =>
  Object.fromEntries(
    planApply(all, { replace }).fates.flatMap(({ statement, fate }) =>
      fate === 'keep' ? [] : [[statement.name, fate]],
    ),
  )

describe('what apply does', () => {
  it('nothing when everything is as described', () => {
    expect(titles(examined(), false)).toEqual([])
    expect(titles(examined(), true)).toEqual([])
  })

  it('creates what is missing, in order', () => {
    const missing: Finding = { state: 'missing' }
    expect(titles(examined({ KSQL_LARGE_ORDERS: missing, KSQL_PAYMENTS: missing }), false)).toEqual([
      'create KSQL_PAYMENTS',
      'create KSQL_LARGE_ORDERS',
    ])
  })

  it('replaces a query by ending it, dropping its stream, deleting its topic and creating it', () => {
    expect(titles(examined({ KSQL_LARGE_ORDERS: changed }), true)).toEqual([
      'terminate Q_KSQL_LARGE_ORDERS',
      'drop KSQL_LARGE_ORDERS',
      'delete topic ksql_large_orders',
      'create KSQL_LARGE_ORDERS',
    ])
  })

  it('takes what depends on it away before, and brings it back after', () => {
    expect(titles(examined({ KSQL_FAILED_PAYMENTS: changed }), true)).toEqual([
      ...['terminate Q_KSQL_FREQUENT_FAILED_PAYMENTS', 'drop KSQL_FREQUENT_FAILED_PAYMENTS'],
      'delete topic ksql_frequent_failed_payments',
      // It describes the topic of the table, which its statement does not name as a source.
      'drop FAILURE_STEPS',
      ...['terminate Q_KSQL_FAILURE_STEPS', 'drop KSQL_FAILURE_STEPS', 'delete topic ksql_failure_steps'],
      ...['terminate Q_KSQL_FAILED_PAYMENTS', 'drop KSQL_FAILED_PAYMENTS', 'delete topic ksql_failed_payments'],
      ...['create KSQL_FAILED_PAYMENTS', 'create KSQL_FAILURE_STEPS', 'create FAILURE_STEPS'],
      'create KSQL_FREQUENT_FAILED_PAYMENTS',
    ])
  })

  it('never deletes the topic of a description', () => {
    const deleted = titles(examined({ ORDERS: changed, ORDERS_RAW: changed }), true).filter((title) => title.startsWith('delete')) // prettier-ignore
    expect(deleted).toEqual([
      'delete topic ksql_enriched_orders',
      'delete topic ksql_order_status',
      'delete topic ksql_revenue',
      'delete topic ksql_orders',
    ])
  })

  it('deletes a topic that nothing writes before it is written again', () => {
    expect(
      titles(edit(examined({ KSQL_REVENUE: changed }), 'KSQL_REVENUE', { exists: false, query: undefined }), true),
    ).toEqual(['delete topic ksql_revenue', 'create KSQL_REVENUE'])
  })

  it('touches nothing without --replace, and names what waits', () => {
    const all = examined({ KSQL_PAYMENTS: changed, KSQL_LARGE_ORDERS: { state: 'missing' }, ORDERS: { state: 'missing' } }) // prettier-ignore
    expect(titles(all, false)).toEqual(['create ORDERS'])
    expect(fates(all, false)).toEqual({ ORDERS: 'create', KSQL_PAYMENTS: 'changed', KSQL_LARGE_ORDERS: 'waiting' })
  })

  it('refuses to replace what others use', () => {
    const all = edit(examined({ KSQL_REVENUE: changed }), 'KSQL_REVENUE', { holders: ['CSAS_X_1'] })
    expect(titles(all, false)).toEqual([])
    expect(() => planApply(all, { replace: true })).toThrow('KSQL_REVENUE (CSAS_X_1)')
  })
})

describe('what drop does', () => {
  it('the last first, and only what is there', () => {
    const missing: Finding = { state: 'missing' }
    const all = examined(Object.fromEntries(statements.map(({ name }) => [name, missing])))
    expect(planDrop(all).actions).toEqual([])
    const some = all.map((one) => examined().find(({ statement }) => ['ORDERS_RAW', 'KSQL_ORDERS', 'KSQL_REVENUE'].includes(statement.name) && statement === one.statement) ?? one) // prettier-ignore
    expect(planDrop(some).actions.map(titleOf)).toEqual([
      ...['terminate Q_KSQL_REVENUE', 'drop KSQL_REVENUE', 'delete topic ksql_revenue'],
      ...['terminate Q_KSQL_ORDERS', 'drop KSQL_ORDERS', 'delete topic ksql_orders'],
      'drop ORDERS_RAW',
    ])
  })

  it("leaves others' alone", () => {
    const { actions, left } = planDrop(examined({ ORDERS: changed, USERS: { state: 'foreign', why: 'a TABLE has this name' } })) // prettier-ignore
    expect(left.map(({ statement }) => statement.name)).toEqual(['ORDERS', 'USERS'])
    expect(actions.map(titleOf)).not.toContain('drop ORDERS')
    expect(actions.map(titleOf)).not.toContain('drop USERS')
  })
})
