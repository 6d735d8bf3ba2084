import { codeOf } from './error-code.ts'

/** What an ACL would have to allow. */
export interface Right {
  /** As Kafka's ACLs call it. */
  readonly operation: string
  readonly resource: (typeof resourceTypes)[number]
  /** Which of them; empty when that is not known. Of several, at least one is not allowed. */
  readonly names: readonly string[]
}
export const resourceTypes = ['topic', 'group', 'cluster', 'transactional id'] as const

const resources: Readonly<Record<number, Right['resource']>> = {
  29: 'topic',
  30: 'group',
  31: 'cluster',
  53: 'transactional id',
}
const operations: Readonly<Record<Right['resource'], string>> = {
  topic: 'Describe',
  group: 'Read',
  cluster: 'ClusterAction',
  'transactional id': 'Write',
}

const needed = new WeakMap<Error, Right>()

/** Runs a request. When it fails for want of one of these rights, its error will say which (`missingRightOf`). */
export async function needing<Result>(rights: readonly Right[], request: () => Promise<Result>): Promise<Result> {
  try {
    return await request()
  } catch (error) {
    const right = rights.find(({ resource }) => resource === resources[codeOf(error) ?? 0])
    if (right && error instanceof Error && !needed.has(error)) needed.set(error, right)
    throw error
  }
}

/** Says which topic, group or transactional id an error is about: should it be about a missing right, that is named. */
export function about(name: string, error: Error): Error {
  const resource = resources[codeOf(error) ?? 0]
  if (resource !== undefined) needed.set(error, { operation: operations[resource], resource, names: [name] })
  return error
}

/** What is not allowed, if that is what the error says. */
export function missingRightOf(error: unknown): Right | undefined {
  const resource = resources[codeOf(error) ?? 0]
  if (resource === undefined || !(error instanceof Error)) return undefined
  const known = needed.get(error)
  if (known) return known
  if ('topic' in error && typeof error.topic === 'string' && 'api' in error)
    return { operation: error.api === 'Produce' ? 'Write' : 'Read', resource, names: [error.topic] }
  return { operation: operations[resource], resource, names: [] }
}

export const missingRightText = ({ operation, resource, names }: Right): string =>
  `Not allowed by the brokers: ${operation} on ${resource}${names.length > 0 ? ` ${names.join(' or ')}` : ''}`

const aclOptions: Readonly<Record<Right['resource'], (name: string) => string>> = {
  topic: (name) => `--topic ${name}`,
  group: (name) => `--group ${name}`,
  cluster: () => '--cluster',
  'transactional id': (name) => `--transactional-id ${name}`,
}

export const grantHint = ({ operation, resource, names }: Right): string =>
  `have it granted to the principal that payflow connects as (kafka-acls --add --operation ${operation} ${aclOptions[resource](names[0] ?? 'NAME')}), then start it again; \`payflow acl --principal User:NAME\` prints all that are needed`
