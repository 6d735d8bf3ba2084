import { readFileSync, readdirSync } from 'node:fs'

/** One exchange with a real ksqlDB 7.9.1, as it went over the wire. */
export interface Recording {
  readonly name: string
  readonly note: string
  readonly request: {
    readonly method: string
    readonly url: string
    /** `1.1`, or `2 (…)`. */
    readonly http: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string | null
  }
  readonly response: {
    /** null: there was no server. */
    readonly status: number | null
    readonly headers: readonly (readonly [string, string])[]
    readonly body: string
    readonly arrivals?: readonly { readonly t_s: number; readonly bytes: number }[]
  }
}

const directory = new URL('../fixtures/ksqldb/', import.meta.url)

export const recording = (name: string): Recording =>
  JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8')) as Recording

export const allRecordings = (): Recording[] =>
  readdirSync(directory).sort().map((file) => recording(file.replace(/\.json$/, ''))) // prettier-ignore

/** A request without what has to differ: address, length, connection. */
export interface PlainRequest {
  readonly method: string
  readonly path: string
  readonly http: string
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

function parsed(body: string | null): unknown {
  if (body === null || body === '') return null
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

export function requestIn({ request }: Recording): PlainRequest {
  const { pathname } = new URL(request.url)
  const { method, http, headers, body } = request
  return { method, path: pathname, http: http.slice(0, 3).trim(), headers: lowerCase(headers), body: parsed(body) }
}

/** What a client adds to any request, and a proxy may change. */
const ofTheConnection = new Set(['host', 'connection', 'content-length'])

export function plainRequest(
  {
    method,
    url,
    httpVersion,
    headers,
  }: { method?: string | undefined; url?: string | undefined; httpVersion: string; headers: object },
  body: string,
): PlainRequest {
  const own = Object.entries(headers as Record<string, string>).filter(([name]) => !ofTheConnection.has(name))
  return {
    method: method ?? '',
    path: url ?? '',
    http: httpVersion,
    headers: Object.fromEntries(own),
    body: parsed(body),
  }
}

/** Statements without comments and with single spaces, as the server sees them; texts in quotes stay as they are. */
export function normalized(sql: string): string {
  const pieces = sql.match(/'(?:[^']|'')*'|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\s+|[^'`\s/-]+|[/-]/g) ?? []
  const kept = pieces.map((piece) => (/^(--|\/\*|\s)/.test(piece) ? ' ' : piece))
  return kept.join('').replaceAll(/ +/g, ' ').replaceAll(/ ?([(),;]) ?/g, '$1').trim() // prettier-ignore
}

/** Whole statements of a normalised text, each with its semicolon. */
export const statementsIn = (sql: string): string[] => normalized(sql).match(/(?:'(?:[^']|'')*'|[^;'])+;/g) ?? []

export interface RecordedCreate {
  readonly sql: string
  /** In the server's spelling. */
  readonly spelled: string
  readonly name: string
  readonly type: 'STREAM' | 'TABLE'
  readonly topic: string
  readonly properties: Readonly<Record<string, string>>
  readonly queryId: string | null
  readonly commandId: string
}

interface StatusEntity {
  readonly statementText: string
  readonly commandId: string
  readonly commandStatus: { readonly queryId: string | null }
}

/**
 * The one column that reads otherwise than in the recording: ksql/112 casts a product only where there is one. Its pieces were recorded:
 * `CASE WHEN … IS NOT NULL THEN … END` and how the server spells it in 356, `REGEXP_EXTRACT(…) IS NOT NULL` in 342.
 */
function amended(name: string, sql: string): string {
  if (name !== 'KSQL_USERS') return sql
  const found = /CAST\((EXTRACTJSONFIELD\([^)]*product_id'\)) ?AS BIGINT\)(?= ?(?:AS )?`product_id`)/.exec(sql)
  if (!found) throw new Error(`no product_id in ${sql}`)
  const [cast, field = ''] = found
  const condition = `REGEXP_EXTRACT('^-?[0-9]+$', ${field}) IS NOT NULL`
  if (field.includes('USERS_RAW')) return sql.replace(cast, () => `(CASE WHEN (${condition}) THEN ${cast} END)`)
  return normalized(sql.replace(cast, () => `CASE WHEN ${condition} THEN ${cast} END `))
}

/** The statements of the recorded `verified/` run, in their order, with what the server made of them. */
export function recordedCreates(): RecordedCreate[] {
  const verified = allRecordings().filter(({ name }) => name.includes('-verified-'))
  return verified.flatMap((one) => {
    const body = parsed(one.request.body) as { ksql: string; streamsProperties: Record<string, string> }
    const entities = JSON.parse(one.response.body) as StatusEntity[]
    const statements = statementsIn(body.ksql)
    return entities.map((entity, i) => {
      const [, type, name] = /^CREATE (STREAM|TABLE) (\S+)/.exec(entity.statementText)!
      return {
        sql: amended(name!, statements[i]!),
        spelled: amended(name!, entity.statementText),
        name: name!,
        type: type as 'STREAM' | 'TABLE',
        topic: /KAFKA_TOPIC='([^']*)'/.exec(entity.statementText)![1]!,
        properties: body.streamsProperties,
        queryId: entity.commandStatus.queryId,
        commandId: entity.commandId,
      }
    })
  })
}
