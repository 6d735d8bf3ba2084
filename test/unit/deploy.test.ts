import { readFileSync } from 'node:fs'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { familyNames, familyOf, isFamily, type FamilyName } from '../../src/app/metrics/families.ts'
import { Figures } from '../../src/app/metrics/figures.ts'
import { EventFigures } from '../../src/app/metrics/from-events.ts'
import { exposition } from '../../src/app/metrics/registry.ts'
import { refusalKinds } from '../../src/pipeline/worker/refusals.ts'
import { defaultWorkers } from '../../src/pipeline/workers/index.ts'
import { restartReasons, transactionResults } from '../../src/runtime/events.ts'
import { taskPhases } from '../../src/runtime/task/life.ts'
import { hasPromtool, promtool, rulesFile } from '../support/promtool.ts'

const file = (path: string): string => readFileSync(new URL(`../../deploy/${path}`, import.meta.url), 'utf8')
const rules = file('prometheus/payflow-alerts.yml')
const board = JSON.parse(file('grafana/payflow.json')) as { panels: { title: string; targets?: { expr: string }[] }[]; annotations: { list: { expr: string }[] }; templating: { list: { query: string }[] } } // prettier-ignore

/** What is asked of Prometheus: each with where it stands. */
const asked: readonly (readonly [string, string])[] = [
  ...[...rules.matchAll(/alert: (\w+)\n\s+expr: (>-\n)?([^]*?)\n\s+(for|labels):/g)].map(([, name = '', , expr = '']) => [name, expr] as const), // prettier-ignore
  ...board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...board.annotations.list.map(({ expr }) => ['annotation', expr] as const),
  ...board.templating.list.map(({ query }) => ['variable', query] as const),
]

const nodeNames = async (): Promise<string[]> => {
  const register = new Registry()
  collectDefaultMetrics({ register })
  return (await register.getMetricsAsJSON()).map(({ name }) => name)
}

const familyOfSeries = (name: string): FamilyName | undefined => {
  const base = name.replace(/_(bucket|sum|count)$/, '')
  if (isFamily(name)) return name
  return isFamily(base) && familyOf(base).type === 'histogram' ? base : undefined
}

const closed: Readonly<Record<string, readonly string[]>> = {
  state: taskPhases,
  store: ['memory', 'disk'],
  result: [...transactionResults, 'ok', 'failed'],
  reason: [...refusalKinds, ...restartReasons],
}

describe('what deploy/ asks for', () => {
  test('is something', () => {
    expect(asked.length).toBeGreaterThan(40)
    expect([...rules.matchAll(/- alert:/g)]).toHaveLength(asked.findIndex(([, expr]) => expr === board.panels.find(({ targets }) => targets)!.targets![0]!.expr)) // prettier-ignore
  })

  test('is there: every name is a family of /metrics, or one of Node’s own', async () => {
    const known = new Set(await nodeNames())
    const names = asked.flatMap(([where, expr]) => [...expr.matchAll(/\b(payflow|process|nodejs)_\w+/g)].map(([name]) => [where, name] as const)) // prettier-ignore
    expect(names.filter(([, name]) => familyOfSeries(name) === undefined && !known.has(name))).toEqual([])
  })

  test('is selected and grouped by labels that its families have, and by values that these take', () => {
    const wrong: string[] = []
    for (const [where, expr] of asked)
      for (const [, name = '', selector = ''] of expr.matchAll(/\b(payflow_\w+)\{([^}]*)\}/g)) {
        const labels: readonly string[] = ['job', 'instance', 'le', ...familyOf(familyOfSeries(name)!).labels]
        for (const [, label = '', , value = ''] of selector.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)) {
          if (!labels.includes(label)) wrong.push(`${where}: ${name} has no ${label}`)
          if (label in closed && !closed[label]!.includes(value)) wrong.push(`${where}: ${label} is never ${value}`)
        }
      }
    for (const [where, expr] of asked)
      for (const [, grouping = ''] of expr.matchAll(/by \(([^)]*)\)/g)) {
        const names = [...expr.matchAll(/\bpayflow_\w+/g)].map(([name]) => familyOf(familyOfSeries(name)!).labels)
        for (const label of grouping.split(',').map((text) => text.trim()))
          if (!['le', 'job', 'instance'].includes(label) && !names.some((labels) => labels.includes(label as never))) wrong.push(`${where}: by ${label}`) // prettier-ignore
      }
    expect(wrong).toEqual([])
  })

  test('leaves out no family: each is on the board', () => {
    const shown = new Set(asked.flatMap(([, expr]) => [...expr.matchAll(/\bpayflow_\w+/g)].map(([name]) => familyOfSeries(name)))) // prettier-ignore
    const elsewhere = ['payflow_audit_last_run_timestamp_seconds']
    expect(familyNames.filter((name) => !shown.has(name) && !elsewhere.includes(name))).toEqual([])
  })
})

describe.skipIf(!hasPromtool)('promtool', () => {
  test('finds nothing wrong with the rules', () => {
    expect(promtool(['check', 'rules', rulesFile])).toEqual({ ok: true, output: expect.stringContaining('SUCCESS') as string }) // prettier-ignore
  })

  test('finds nothing wrong with what is exposed', async () => {
    const figures = new Figures()
    new EventFigures(figures, defaultWorkers)
    for (const name of familyNames) if (familyOf(name).type === 'histogram') figures.observe(name as 'payflow_process_duration_seconds', Object.fromEntries(familyOf(name).labels.map((label) => [label, 'x'])) as never, 0.5) // prettier-ignore
    const text = await exposition(figures, () => Promise.resolve()).text()
    // prom-client's own names are not ours to change
    const own = `${text.split('\n\n').filter((family) => family.includes('payflow_')).join('\n\n').trim()}\n` // prettier-ignore
    expect(promtool(['check', 'metrics'], own)).toEqual({ ok: true, output: '' })
  })
})
