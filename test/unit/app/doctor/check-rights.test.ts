import { expect, test } from 'vitest'
import { lacking } from '../../../../src/app/doctor/check-rights.ts'

const grant = (resource: 'topic' | 'group' | 'cluster', name: string, ...operations: ('Read' | 'Write' | 'Create')[]) => ({ resource, name, operations, pattern: 'literal' }) as const // prettier-ignore

test('names what is wanted and not held, and judges nothing that is not known', () => {
  const wanted = [
    grant('topic', 'orders', 'Read', 'Write', 'Create'),
    grant('topic', 'not-there', 'Read'),
    grant('group', 'payflow-a', 'Read'),
    grant('cluster', '', 'Create'),
  ]
  const topics = new Map([['orders', new Set(['Read', 'Describe'])]])
  expect(lacking(wanted, topics, new Map([['payflow-a', new Set()]]))).toEqual(['Write on topic orders', 'Read on group payflow-a']) // prettier-ignore
  expect(lacking(wanted, new Map([['orders', new Set(['Read', 'Write'])]]), new Map())).toEqual([])
})
