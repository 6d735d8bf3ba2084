import { PayflowError } from '../../errors.ts'
import { quoted } from '../../quoted.ts'
import type { Grant } from './grants.ts'

export type Format = 'kafka-acls' | 'strimzi' | 'confluent'

export interface Asked {
  /** As brokers know it: `User:alice`, `User:CN=alice`. */
  readonly principal: string
  /** host:port, for the command lines that want to know. */
  readonly brokers: readonly string[]
}

const usage = (message: string, hint: string): PayflowError =>
  new PayflowError('PRINCIPAL_INVALID', message, { kind: 'usage', hint })

/** @throws PayflowError (usage) for what no broker knows as a principal */
export function checkPrincipal(principal: string): string {
  if (/^[A-Za-z]\w*:[^\s:*][^\n]*$/.test(principal)) return principal
  throw usage(
    `"${principal}" is not a principal`,
    'brokers call a client that logs in as alice User:alice, and one with a certificate User:CN=alice,…',
  )
}

/** The grants as lines of text that give them. @throws PayflowError (usage) when the format cannot name the principal */
export const linesOf = (format: Format, grants: readonly Grant[], asked: Asked): string[] => writers[format](grants, asked) // prettier-ignore

const writers: Readonly<Record<Format, (grants: readonly Grant[], asked: Asked) => string[]>> = {
  'kafka-acls': kafkaAcls,
  strimzi,
  confluent,
}

const kafkaOptions = { topic: '--topic', group: '--group', 'transactional id': '--transactional-id', cluster: '--cluster' } as const // prettier-ignore

/** For Kafka's own tool: resources that are allowed the same go into one line. */
function kafkaAcls(grants: readonly Grant[], { principal, brokers }: Asked): string[] {
  const alike = new Map<string, Grant[]>()
  for (const grant of grants) {
    const key = [grant.resource, grant.pattern, ...grant.operations].join(' ')
    alike.set(key, [...(alike.get(key) ?? []), grant])
  }
  const to = brokers.length > 0 ? brokers.join(',') : '127.0.0.1:9092'
  const begin = `kafka-acls.sh --bootstrap-server ${quoted(to)} --command-config admin.properties --add --allow-principal ${quoted(principal)}`
  const lines = [...alike.values()].map((group) => {
    const [{ resource, pattern, operations }] = group as [Grant]
    const allowed = operations.map((operation) => `--operation ${operation}`)
    const named = resource === 'cluster' ? ['--cluster'] : group.map(({ name }) => `${kafkaOptions[resource]} ${quoted(name)}`) // prettier-ignore
    const type = pattern === 'prefixed' ? ['--resource-pattern-type prefixed'] : []
    return [begin, ...allowed, ...type, ...named].join(' ')
  })
  return ['# admin.properties: how an administrator of the cluster logs in', ...lines]
}

const strimziTypes = { topic: 'topic', group: 'group', 'transactional id': 'transactionalId', cluster: 'cluster' } as const // prettier-ignore

function strimzi(grants: readonly Grant[], { principal }: Asked): string[] {
  const [, certificate, name = ''] = /^User:(CN=)?([^,]+)$/.exec(principal) ?? []
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name))
    throw usage(
      `A KafkaUser cannot be named after ${principal}`,
      'Strimzi calls its users User:NAME, or User:CN=NAME with certificates: lower-case letters, digits, "-" and "."',
    )
  const acls = grants.flatMap(({ resource, name: of, pattern, operations }) => [
    '      - resource:',
    `          type: ${strimziTypes[resource]}`,
    ...(resource === 'cluster' ? [] : [`          name: ${of}`, `          patternType: ${pattern === 'prefixed' ? 'prefix' : pattern}`]), // prettier-ignore
    `        operations: [${operations.join(', ')}]`,
  ])
  return [
    'apiVersion: kafka.strimzi.io/v1 # v1beta2 before Strimzi 0.49',
    'kind: KafkaUser',
    'metadata:',
    `  name: ${name}`,
    '  labels:',
    '    strimzi.io/cluster: my-cluster # the name of your Kafka resource',
    'spec:',
    '  authentication:',
    `    type: ${certificate === undefined ? 'scram-sha-512' : 'tls'}`,
    '  authorization:',
    '    type: simple',
    '    acls:',
    ...acls,
  ]
}

const confluentOptions = { topic: '--topic', group: '--consumer-group', 'transactional id': '--transactional-id', cluster: '--cluster-scope' } as const // prettier-ignore
const dashed = (operation: string): string => operation.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase() // prettier-ignore

/** For Confluent Cloud's command line, whose service accounts are called sa-…. */
function confluent(grants: readonly Grant[], { principal }: Asked): string[] {
  const [, account] = /^User:(sa-\w+)$/.exec(principal) ?? []
  const who = account === undefined ? `--principal ${quoted(principal)}` : `--service-account ${account}`
  return grants.map(({ resource, name, pattern, operations }) => {
    const named = resource === 'cluster' ? '--cluster-scope' : `${confluentOptions[resource]} ${quoted(name)}`
    const prefix = pattern === 'prefixed' ? ' --prefix' : ''
    return `confluent kafka acl create --allow ${who} --operations ${operations.map(dashed).join(',')} ${named}${prefix}`
  })
}
