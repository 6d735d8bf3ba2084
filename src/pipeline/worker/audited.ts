import type { RuleOf } from '../audit/rule.ts'
import { auditRules } from '../audit/rules.ts'
import type { AnyWorker } from './definition.ts'

/** What is to be audited of a worker: each of its outputs, with what it must be; undefined: that is not known of all of them. */
export function auditedOf(worker: AnyWorker): { worker: AnyWorker; rule: RuleOf; label: string }[] | undefined {
  const { outputs, audit: own, ...rest } = worker
  const { name } = worker
  if (!outputs) {
    const rule = typeof own === 'function' ? own : auditRules.get(name)
    return rule && [{ worker, rule, label: name }]
  }
  const parts = Object.entries(outputs).flatMap(([alias, output]) => {
    const rule = typeof own === 'object' ? own[alias] : undefined
    return rule ? [{ worker: { ...rest, output }, rule, label: `${name}.${alias}` }] : []
  })
  return parts.length === Object.keys(outputs).length ? parts : undefined
}
