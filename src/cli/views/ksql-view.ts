import { formatNumber } from '../shell/format-number.ts'
import type { KsqlDescription } from '../../app/ksql/describe.ts'
import type { KsqlStatus } from '../../app/ksql/status.ts'
import type { Action, Fate, Plan } from '../../ksql/plan.ts'
import { titleOf } from '../../ksql/actions.ts'
import { whereOf } from '../../ksql/statements.ts'
import { table, type Palette } from '../shell/output.ts'
import { visible } from '../../visible-text.ts'

/** Words of the server, on one line. */
const oneLine = (words: string): string => visible(words.trim().replaceAll(/\s*\n\s*/g, ' '))

const lagText = (lag: number | null): string => (lag === null ? '-' : formatNumber(lag))

/** The commands that help. */
function remedies({ queries, problems }: KsqlStatus): string[] {
  const simple = problems.some(({ problem }) => problem === 'missing' || problem === 'paused') || queries.length === 0
  const replace = problems.some(({ problem }) => problem !== 'missing' && problem !== 'paused')
  return replace ? ['payflow ksql apply --replace'] : simple ? ['payflow ksql apply'] : []
}

export function statusLines(status: KsqlStatus, { dim, red, yellow }: Palette): string[] {
  const { queries, sources, problems } = status
  const rows = queries.map(({ query, reads, writes, state, lag, errors }) => [
    query,
    state === 'RUNNING' ? state : red(state),
    lagText(lag),
    errors.length,
    `${reads.join(', ')} → ${writes.join(', ')}`,
  ])
  return [
    `ksqlDB ${status.version} at ${status.url}, service ${status.serviceId}`,
    `${sources.length} streams and tables, ${queries.length} queries`,
    ...(queries.length === 0 ? [] : ['', ...table(['query', 'state', 'lag', 'errors', 'reads → writes'], rows)]),
    ...queries.flatMap(({ query, errors }) => errors.map((words) => `${red(query)}: ${oneLine(words)}`)),
    ...queries.flatMap(({ query, warning }) => (warning === null ? [] : [`${yellow(query)}: ${warning}`])),
    ...problems.map(({ name, words }) => `${red(name)}: ${oneLine(words)}`),
    ...remedies(status).map((command) => dim(`→ ${command}`)),
  ]
}

export function descriptionLines(description: KsqlDescription, { bold }: Palette): string[] {
  const { name, type, topic, partitions, replicationFactor, columns, readBy, writtenBy, statement } = description
  const writers = writtenBy.map(({ query, state, lag }) => `${query} (${state}, lag ${lagText(lag)})`)
  return [
    `${bold(name)}  ${type.toLowerCase()} of the topic ${topic}, ${partitions} partitions, replication factor ${replicationFactor}`,
    `keys ${description.keyFormat}, values ${description.valueFormat}`,
    ...(writers.length > 0 ? [`written by ${writers.join(', ')}`] : []),
    ...(readBy.length > 0 ? [`read by ${readBy.join(', ')}`] : []),
    '',
    ...table(
      ['column', 'type', ''],
      columns.map((column) => [column.name, column.type, column.key ? 'key' : '']),
    ),
    '',
    ...statement.split(/\r?\n/).map(visible),
  ]
}

const fateWords: Readonly<Record<Fate, string>> = {
  create: 'create',
  keep: 'keep',
  resume: 'resume',
  replace: 'replace',
  changed: 'changed, left as it is',
  waiting: 'not created',
}

/** A plan as a document for `--json`. */
export const planDocument = ({ fates, actions }: Plan) => ({
  statements: fates.map(({ statement, fate, why }) => ({
    name: statement.name,
    type: statement.type,
    topic: statement.topic,
    file: statement.file,
    line: statement.line,
    fate,
    ...(why !== '' && { why }),
  })),
  actions: actionTitles(actions),
})

export const actionTitles = (actions: readonly Action[]): string[] => actions.map(titleOf)

/** A plan in words: what is kept in one line, everything else in one each. */
export function planLines({ fates }: Plan): string[] {
  const kept = fates.filter(({ fate }) => fate === 'keep')
  const others = fates.filter(({ fate }) => fate !== 'keep')
  return [
    ...(kept.length > 0 ? [`keep ${kept.length} of ${fates.length}, which are as described`] : []),
    ...others.map(
      ({ statement, fate, why }) =>
        `${fateWords[fate]}: ${statement.name} (${whereOf(statement)})${why === '' ? '' : `: ${why}`}`,
    ),
  ]
}

/** The steps in their order, where more is to be done than to create. */
export function orderLines({ actions }: Plan): string[] {
  if (actions.every((step) => step.do === 'create')) return []
  return ['', 'in this order:', ...actionTitles(actions).map((title) => `  ${title}`)]
}
