import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { PayflowError, messageOf } from '../errors.ts'
import { packageRoot } from '../package-root.ts'
import { UnfinishedSql, isWord, statementsOf, tokenize, unquoted, type Token } from './lexer.ts'

export type SourceType = 'STREAM' | 'TABLE'

/** One CREATE of a file. */
export interface Statement {
  readonly file: string
  readonly line: number
  readonly text: string
  /** As ksqlDB spells it: upper-case unless it was quoted. */
  readonly name: string
  readonly type: SourceType
  /** KAFKA_TOPIC: what it describes or, when it is derived, writes. */
  readonly topic: string
  /** CREATE … AS: a query of its own writes the topic. */
  readonly derived: boolean
  /** Names of the streams and tables that its query reads. */
  readonly reads: readonly string[]
}

/** Only topics of this name are written, and deleted, by what payflow applies. */
const SINK_PREFIX = 'ksql_'

export const whereOf = ({ file, line }: Pick<Statement, 'file' | 'line'>): string => `${file}:${line}`

function invalid(file: string, line: number, why: string): PayflowError {
  return new PayflowError('KSQL_FILE_INVALID', `${file}:${line}: ${why}`, { kind: 'failed', hint: 'correct the file' })
}

/** A name as ksqlDB keeps it. */
export const nameOf = (token: Token): string => (token.kind === 'name' ? unquoted(token) : token.text.toUpperCase())

/** The tokens of `WITH (…)`, and where they end; an empty clause when there is none. */
function withClause(tokens: readonly Token[]): { clause: readonly Token[]; end: number } {
  const start = tokens.findIndex((token, i) => isWord(token, 'WITH') && tokens[i + 1]?.text === '(')
  if (start < 0) return { clause: [], end: 0 }
  const length = tokens.slice(start).findIndex(({ kind, text }) => kind === 'symbol' && text === ')')
  const end = length < 0 ? tokens.length : start + length + 1
  return { clause: tokens.slice(start, end), end }
}

function topicOf(clause: readonly Token[]): string | undefined {
  const at = clause.findIndex((token) => isWord(token, 'KAFKA_TOPIC'))
  const value = at < 0 ? undefined : clause[at + 2]
  return value?.kind === 'text' ? unquoted(value) : undefined
}

function readsOf(query: readonly Token[]): string[] {
  const names = query.flatMap((token, i) => {
    const next = query[i + 1]
    return isWord(token, 'FROM', 'JOIN') && next && next.kind !== 'symbol' ? [nameOf(next)] : []
  })
  return [...new Set(names)]
}

function parseStatement(file: string, sql: string, tokens: readonly Token[]): Statement {
  const first = tokens[0]!
  const { line } = first
  const [create, type, name] = tokens
  if (tokens.at(-1)!.text !== ';') throw invalid(file, line, 'this statement has no semicolon at its end')
  if (!isWord(create, 'CREATE') || !isWord(type, 'STREAM', 'TABLE'))
    throw invalid(file, line, 'a statement begins with CREATE STREAM or CREATE TABLE here')
  if (!name || name.kind === 'symbol' || isWord(name, 'IF'))
    throw invalid(file, line, 'a name has to follow: what exists is recognised without IF NOT EXISTS')
  const { clause, end } = withClause(tokens)
  const topic = topicOf(clause)
  if (topic === undefined) throw invalid(file, line, "its topic is not named: WITH (KAFKA_TOPIC='…')")
  const derived = isWord(tokens[end], 'AS')
  if (derived && !topic.startsWith(SINK_PREFIX))
    throw invalid(file, line, `a query may only write topics whose names begin with ${SINK_PREFIX}, not ${topic}`)
  return {
    file,
    line,
    text: sql.slice(first.start, tokens.at(-1)!.end),
    name: nameOf(name),
    type: type!.text.toUpperCase() as SourceType,
    topic,
    derived,
    reads: derived ? readsOf(tokens.slice(end)) : [],
  }
}

/** The statements of one file's text. @throws PayflowError that names the file and the line */
export function parseStatements(file: string, sql: string): Statement[] {
  try {
    return statementsOf(tokenize(sql)).map((tokens) => parseStatement(file, sql, tokens))
  } catch (error) {
    throw error instanceof UnfinishedSql ? invalid(file, error.line, error.message) : error
  }
}

/** The SQL files that come with payflow. */
const ownDirectory = join(packageRoot, 'ksql')

/** Every statement of a directory's `.sql` files, in the order of their names. @throws PayflowError */
export function loadStatements(directory: string = ownDirectory): Statement[] {
  let files: string[]
  try {
    files = readdirSync(directory).filter((name) => name.endsWith('.sql')).sort() // prettier-ignore
  } catch (error) {
    throw new PayflowError('KSQL_FILES_MISSING', `Cannot read the SQL files: ${messageOf(error)}`, { kind: 'failed' })
  }
  const statements = files.flatMap((name) =>
    parseStatements(`${basename(directory)}/${name}`, readFileSync(join(directory, name), 'utf8')),
  )
  const twice = statements.find(({ name }, i) => statements.findIndex((other) => other.name === name) !== i)
  if (twice) throw invalid(twice.file, twice.line, `${twice.name} was created before`)
  return statements
}
