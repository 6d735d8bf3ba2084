import type { Check, CheckFinding } from '../../check.ts'
import type { Client } from '../../kafka/client.ts'
import { groupRights, topicRights } from '../../kafka/rights-held.ts'
import { topicNames } from '../../kafka/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { grantsFor, type Grant } from '../acl/grants.ts'

type Held = ReadonlyMap<string, ReadonlySet<string>>

/** The grants that are wanted and not held, one line each. Topics that are not there, or that nobody may see, are not judged. */
export function lacking(wanted: readonly Grant[], topics: Held, groups: Held): string[] {
  return wanted.flatMap(({ resource, name, operations }) => {
    const held = resource === 'topic' ? topics.get(name) : resource === 'group' ? groups.get(name) : undefined
    const missing = held ? operations.filter((operation) => operation !== 'Create' && !held.has(operation)) : []
    return missing.length > 0 ? [`${missing.join(', ')} on ${resource} ${name}`] : []
  })
}

/** What the principal of this connection may do, held against what running and auditing the workers takes. Nothing is tried. */
export async function checkRights(client: Client, workers: readonly AnyWorker[]): Promise<Check> {
  const wanted = grantsFor({ topics: false, produce: true, run: true, audit: true, checks: true, workers })
  const existing = new Set(await topicNames(client))
  const named = (resource: Grant['resource']): string[] => wanted.filter((grant) => grant.resource === resource).map(({ name }) => name) // prettier-ignore
  const [topics, groups] = [
    await topicRights(client, named('topic').filter((name) => existing.has(name))), // prettier-ignore
    await groupRights(client, named('group')),
  ]
  if (!topics || !groups) return { name: 'rights', summary: 'not known: the brokers do not tell', findings: [], unknown: true } // prettier-ignore
  const missing = lacking(wanted, topics, groups)
  const summary = `on ${topics.size} topics and ${groups.size} groups; whose transactional ids it may use is not asked`
  if (missing.length === 0) return { name: 'rights', summary, findings: [] }
  const finding: CheckFinding = {
    severity: missing.every((line) => line.startsWith('DescribeConfigs')) ? 'warning' : 'error',
    what: `The principal of this connection lacks ${missing.length === 1 ? 'a right' : 'rights'} that workers need`,
    evidence: missing,
    hint: 'have them granted: `payflow acl --principal User:NAME` prints the commands',
  }
  return { name: 'rights', summary, findings: [finding] }
}
