import { PayflowError } from '../errors.ts'
import type { StreamsProperties } from './client.ts'
import { UnfinishedSql, isWord, statementsOf, tokenize, type Token } from './lexer.ts'

export interface Select {
  /** With its semicolon. */
  readonly sql: string
  /** It goes on with what comes (EMIT CHANGES); a pull query ends. */
  readonly push: boolean
  /** Its own LIMIT. */
  readonly limit: number | undefined
}

const usage = (message: string, hint: string): PayflowError =>
  new PayflowError('KSQL_NOT_A_QUERY', message, { kind: 'usage', hint })

/** What to use instead of a statement that is not a SELECT, by its first word. */
const instead: Readonly<Record<string, string>> = {
  CREATE: 'put it into a file of ksql/ and apply it with `payflow ksql apply`',
  DROP: 'drop what payflow created with `payflow ksql drop`',
  TERMINATE: 'drop what payflow created with `payflow ksql drop`',
  INSERT: 'write records with `payflow produce`',
  SHOW: 'see `payflow ksql status`',
  LIST: 'see `payflow ksql status`, or `payflow topics list`',
  DESCRIBE: 'use `payflow ksql describe NAME`',
  EXPLAIN: 'use `payflow ksql describe NAME`',
  PRINT:
    'ask its stream: `payflow ksql query "SELECT * FROM orders_raw EMIT CHANGES"`; `payflow ksql status --json` lists the streams',
}

function tokensOf(sql: string): Token[][] {
  try {
    return statementsOf(tokenize(sql))
  } catch (error) {
    if (error instanceof UnfinishedSql)
      throw usage(
        `${error.message} (line ${error.line})`,
        'put the SQL in quotes of the shell that it does not use itself',
      )
    throw error
  }
}

/** Reads a query. @throws PayflowError (usage) that names the command for anything but a single SELECT */
export function parseSelect(text: string): Select {
  const [tokens, ...others] = tokensOf(text)
  const first = tokens?.[0]
  if (!tokens || !first) throw usage('There is no query', 'such as: payflow ksql query "SELECT * FROM ksql_revenue"')
  if (!isWord(first, 'SELECT')) {
    const word = first.text.toUpperCase()
    throw usage(
      `${word} is not a query: only SELECT is`,
      instead[word] ?? 'payflow runs queries only, to change nothing by chance',
    )
  }
  if (others.length > 0) throw usage('These are several statements', 'give one query at a time')
  const ended = tokens.at(-1)!.text === ';'
  const [keyword, amount] = tokens.slice(ended ? -3 : -2)
  const isLimit = isWord(keyword, 'LIMIT') && /^\d+$/.test(amount?.text ?? '')
  return {
    sql: `${text.slice(first.start, tokens.at(-1)!.end)}${ended ? '' : ';'}`,
    push: tokens.some((token, i) => isWord(token, 'EMIT') && isWord(tokens[i + 1], 'CHANGES', 'FINAL')),
    limit: isLimit ? Number(amount!.text) : undefined,
  }
}

/** A push query reads uncommitted records, and only what comes, unless its properties say otherwise. */
export const propertiesOfSelect = ({ push }: Select, from: 'start' | 'end'): StreamsProperties =>
  push ? { 'auto.offset.reset': from === 'start' ? 'earliest' : 'latest', 'isolation.level': 'read_committed' } : {}
