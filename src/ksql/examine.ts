import { PayflowError } from '../errors.ts'
import { asWritten, ownQueryOf, type Catalog, type Query } from './catalog.ts'
import type { KsqlClient, StreamsProperties } from './client.ts'
import { problemOf } from './health.ts'
import { KsqlRefusal } from './refusal.ts'
import { whereOf, type Statement } from './statements.ts'

/**
 * With what every query of payflow's is created: by default ksqlDB starts at the end of its inputs, counts the records of aborted
 * transactions, and keeps changes of a table back.
 */
export const queryProperties: StreamsProperties = {
  'auto.offset.reset': 'earliest',
  'processing.guarantee': 'exactly_once_v2',
  'cache.max.bytes.buffering': '0',
}

/** What there is of a statement in a ksqlDB. */
type Finding =
  | { readonly state: 'missing' }
  | { readonly state: 'same' }
  /** As described, but somebody has paused its query. */
  | { readonly state: 'paused'; readonly why: string }
  /** It exists, but not as described; or what it writes is there without it. `refusal`: it could not be created as described. */
  | { readonly state: 'changed'; readonly why: string; readonly refusal?: KsqlRefusal; readonly topicGone?: boolean }
  /** The name is somebody else's. */
  | { readonly state: 'foreign'; readonly why: string }

export interface Examined {
  readonly statement: Statement
  readonly finding: Finding
  /** The query that writes it. */
  readonly query: Query | undefined
  readonly exists: boolean
  /** Queries of others that read it or write into it: it cannot be dropped before them. */
  readonly holders: readonly string[]
}

export const propertiesOf = ({ derived }: Statement): StreamsProperties => (derived ? queryProperties : {})

export const unordered = (text: string): string => text.replace(/^CREATE OR REPLACE /, 'CREATE ')

/** How a query's own properties differ from payflow's, in words; undefined when they do not. */
export function propertyDifference({ overriddenProperties }: Query): string | undefined {
  const plain = new Map(
    Object.entries(overriddenProperties).map(([name, value]) => [name.replace(/^ksql\.streams\./, ''), String(value)]),
  )
  const wrong = Object.entries(queryProperties).filter(([name, value]) => plain.get(name) !== value)
  if (wrong.length === 0) return undefined
  return `its query runs without ${wrong.map(([name, value]) => `${name}=${value}`).join(', ')}`
}

/**
 * The server's own spelling of a statement. It is sent twice in one request: the second always fails, so that nothing is ever
 * created, and the refusal carries the text.
 * @throws KsqlRefusal when the statement itself is refused
 */
export async function spell(client: KsqlClient, statement: Statement, signal?: AbortSignal): Promise<string> {
  const { text } = statement
  try {
    await client.run(`${text} ${text}`, propertiesOf(statement), signal)
  } catch (error) {
    if (error instanceof KsqlRefusal && error.alreadyExists && error.statementText !== undefined)
      return error.statementText
    throw error
  }
  throw new PayflowError('KSQL_UNEXPECTED', `ksqlDB took ${statement.name} twice`, { kind: 'failed' })
}

/** @returns undefined when it is as described */
async function differenceOf(
  client: KsqlClient,
  statement: Statement,
  signal?: AbortSignal,
): Promise<{ why: string; refusal?: KsqlRefusal } | undefined> {
  const { sourceDescription } = await client.ask(`DESCRIBE ${asWritten(statement.name)};`, 'sourceDescription', signal)
  try {
    const same = unordered(sourceDescription.statement) === (await spell(client, statement, signal))
    return same ? undefined : { why: `it was created by another statement than that of ${whereOf(statement)}` }
  } catch (error) {
    if (!(error instanceof KsqlRefusal) || error.isStarting || error.isBlocked) throw error
    // nothing is wrong with the statement: its topic is to be made again
    if (error.topicDiffers) return { why: `its topic is not as ksqlDB would make it now: ${error.message}` }
    return { why: `ksqlDB refuses the statement of ${whereOf(statement)} now`, refusal: error }
  }
}

async function findingOf(
  client: KsqlClient,
  statement: Statement,
  catalog: Catalog,
  compared: boolean,
  signal?: AbortSignal,
): Promise<Finding> {
  const { name, type, topic, derived } = statement
  const existing = catalog.sources.get(name)
  if (!existing) {
    const left = derived && catalog.topics.has(topic)
    if (!left) return { state: 'missing' }
    return { state: 'changed', why: `the topic ${topic} is there, but nothing of this ksqlDB writes it` }
  }
  if (existing.type !== type) return { state: 'foreign', why: `a ${existing.type} has this name, not a ${type}` }
  if (existing.topic !== topic) return { state: 'foreign', why: `it is of the topic ${existing.topic}, not ${topic}` }
  if (!compared) return { state: 'same' }
  const problem = problemOf(statement, catalog)
  if (problem && problem.problem !== 'paused')
    return { state: 'changed', why: problem.words, topicGone: problem.problem === 'topic gone' }
  const difference = await differenceOf(client, statement, signal)
  if (difference) return { state: 'changed', ...difference }
  const query = ownQueryOf(catalog, name)
  const why = query && propertyDifference(query)
  if (why !== undefined) return { state: 'changed', why }
  return problem ? { state: 'paused', why: problem.words } : { state: 'same' }
}

function holdersOf({ name }: Statement, { queries }: Catalog, own: ReadonlySet<string>): string[] {
  return queries
    .filter(({ id, sources, sinks }) => {
      const writes = sinks.includes(name) && !/^C[ST]AS_/.test(id)
      const reads = sources.includes(name) && !sinks.every((sink) => own.has(sink))
      return writes || reads
    })
    .map(({ id }) => id)
}

/** Compares statements with what is there, without changing anything; those that are not to be `compared` only by name and topic. */
export async function examine(
  client: KsqlClient,
  statements: readonly Statement[],
  catalog: Catalog,
  { compared = () => true, signal }: { compared?: (statement: Statement) => boolean; signal?: AbortSignal } = {},
): Promise<Examined[]> {
  const own = new Set(statements.map(({ name }) => name))
  const examined: Examined[] = []
  for (const statement of statements) {
    const finding = await findingOf(client, statement, catalog, compared(statement), signal)
    examined.push({
      statement,
      finding,
      query: ownQueryOf(catalog, statement.name),
      exists: catalog.sources.has(statement.name),
      holders: holdersOf(statement, catalog, own),
    })
  }
  return examined
}
