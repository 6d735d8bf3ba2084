import type { IncomingMessage } from 'node:http'
import { PayflowError } from '../errors.ts'
import type { KsqlClient, StreamsProperties } from './client.ts'
import { brokenOff } from './http.ts'
import { explainLate, notKsqldb } from './refusal.ts'
import { queryHeader, type QueryHeader } from './replies.ts'

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const opening = new Set(['[', '{'].map((bracket) => bracket.charCodeAt(0)))
const closing = new Set([']', '}'].map((bracket) => bracket.charCodeAt(0)))

/** Where a text that begins at `start` ends. */
function endOfText(line: string, start: number): number {
  for (let at = start + 1; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at + 1
  }
  return line.length
}

/**
 * The elements of a JSON array, each as the text it is written as: a number read into memory would lose what a double cannot
 * hold, such as the cents of 90071992547409931.10.
 */
export function elementsOf(line: string): string[] {
  const end = line.lastIndexOf(']')
  const elements: string[] = []
  let depth = 0
  let start = line.indexOf('[') + 1
  for (let at = start; at < end; at++) {
    const code = line.charCodeAt(at)
    if (code === QUOTE) at = endOfText(line, at) - 1
    else if (opening.has(code)) depth++
    else if (closing.has(code)) depth--
    else if (code === COMMA && depth === 0) {
      elements.push(line.slice(start, at))
      start = at + 1
    }
  }
  if (start < end || elements.length > 0) elements.push(line.slice(start, end))
  return elements
}

/** What is whole of an answer's lines, as it comes; the rest of a line waits for its end. */
async function* linesOf(incoming: IncomingMessage): AsyncGenerator<string[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    yield lines.filter((line) => line !== '')
  }
  if (rest !== '') yield [rest]
}

export interface RunningQuery {
  readonly header: QueryHeader
  /** Rows as they come, several at once, each a JSON array. @throws PayflowError that says how many rows came before */
  readonly rows: AsyncGenerator<string[]>
  /** Ends the connection. */
  readonly stop: () => void
}

/** Starts a query and waits for its columns. */
export async function openQuery(
  client: KsqlClient,
  sql: string,
  properties: StreamsProperties,
  signal?: AbortSignal,
): Promise<RunningQuery> {
  const incoming = await client.startQuery(sql, properties, signal)
  const lines = linesOf(incoming)
  const first = await nextLines(client, lines, 'the query before its first line')
  const header = headerIn(client, incoming, first)
  return { header, rows: rowsOf(client, lines, first.slice(1)), stop: () => incoming.destroy() }
}

async function nextLines(client: KsqlClient, lines: AsyncGenerator<string[]>, what: string): Promise<string[]> {
  try {
    for (;;) {
      const next = await lines.next()
      if (next.done === true) return []
      if (next.value.length > 0) return next.value
    }
  } catch (error) {
    throw brokenOff(client.endpoint, what, error)
  }
}

function headerIn({ endpoint }: KsqlClient, { headers }: IncomingMessage, lines: readonly string[]): QueryHeader {
  const [line = ''] = lines
  try {
    return queryHeader.parse(JSON.parse(line))
  } catch {
    throw explainLate(endpoint, line) ?? notKsqldb(endpoint, { status: 200, headers, body: lines.join('\n') })
  }
}

async function* rowsOf(
  client: KsqlClient,
  lines: AsyncGenerator<string[]>,
  first: readonly string[],
): AsyncGenerator<string[]> {
  let count = 0
  for (let batch = first; ;) {
    const rows = batch.filter((line) => line.startsWith('['))
    count += rows.length
    if (rows.length > 0) yield rows
    for (const line of batch) if (!line.startsWith('[')) throwLate(client, line, count)
    batch = await nextLines(client, lines, `the query after ${count} rows`)
    if (batch.length === 0) return
  }
}

/** What is not a row is an error, or one of the marks that ksqlDB puts between rows for readers that continue elsewhere. */
function throwLate({ endpoint }: KsqlClient, line: string, count: number): void {
  const error = explainLate(endpoint, line)
  if (!error) return
  throw new PayflowError(error.code, `ksqlDB ended the query after ${count} rows: ${error.message}`, {
    kind: error.kind,
    hint: 'look at it with `payflow ksql status`',
    cause: error,
  })
}
