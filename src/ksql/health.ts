import { ownQueryOf, type Catalog, type Query } from './catalog.ts'
import { whereOf, type Statement } from './statements.ts'

/** Why a stream or table is not what its statement promises, although nothing is wrong with the statement. */
export interface Problem {
  readonly name: string
  readonly problem: 'missing' | 'topic gone' | 'partitions' | 'terminated' | 'failed' | 'paused'
  readonly words: string
}

/**
 * The state of a query on all servers of a cluster. `state` alone is that of Kafka Streams, and says RUNNING of a query that is
 * paused; `ksqlHostQueryStatus` is ksqlDB's own.
 */
export function stateOf({ state, ksqlHostQueryStatus }: Query): string {
  const statuses = Object.values(ksqlHostQueryStatus ?? {})
  return ['ERROR', 'PAUSED'].find((bad) => statuses.includes(bad)) ?? state ?? 'UNKNOWN'
}

/** ksqlDB gives an object for each error; its text is in `errorMessage`. */
export function wordsOfError(error: unknown): string {
  const said = typeof error === 'object' && error !== null && 'errorMessage' in error ? error.errorMessage : undefined
  return typeof said === 'string' ? said : JSON.stringify(error)
}

/** A sink has as many partitions as the topic of what stands first in its query's FROM. */
function partitionProblem({ topic, reads }: Statement, { sources, topics }: Catalog): string | undefined {
  const input = sources.get(reads[0] ?? '')?.topic
  const [has, wanted] = [topics.get(topic), input === undefined ? undefined : topics.get(input)]
  if (has === undefined || wanted === undefined || has === wanted) return undefined
  return `its topic ${topic} has ${has} partitions, and ${input!}, which it reads, has ${wanted}`
}

/** @returns undefined when it is there, and written if it is to be */
export function problemOf(statement: Statement, catalog: Catalog): Problem | undefined {
  const { name, topic, derived } = statement
  const found = (problem: Problem['problem'], words: string): Problem => ({ name, problem, words })
  if (!catalog.sources.has(name)) return found('missing', `it is missing (${whereOf(statement)})`)
  if (!catalog.topics.has(topic))
    return found('topic gone', derived ? `its topic ${topic} is gone: what it writes is lost` : `its topic ${topic} is gone`) // prettier-ignore
  if (!derived) return undefined
  const partitions = partitionProblem(statement, catalog)
  if (partitions !== undefined) return found('partitions', partitions)
  const query = ownQueryOf(catalog, name)
  if (!query) return found('terminated', 'its query was terminated: nothing writes it')
  const state = stateOf(query)
  if (state === 'PAUSED') return found('paused', `its query ${query.id} is paused`)
  if (state !== 'ERROR') return undefined
  const [error] = query.queryErrors ?? []
  return found('failed', `its query ${query.id} has failed${error === undefined ? '' : `: ${wordsOfError(error)}`}`)
}

/** What is wrong with any of these, where at least one of them is there. */
export function problemsOf(statements: readonly Statement[], catalog: Catalog): Problem[] {
  if (!statements.some(({ name }) => catalog.sources.has(name))) return []
  return statements.flatMap((statement) => problemOf(statement, catalog) ?? [])
}
