import type { IncomingHttpHeaders } from 'node:http'
import type { ErrorCode } from '../error-codes.ts'
import { PayflowError, type ErrorKind } from '../errors.ts'
import type { Endpoint } from './http.ts'

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface ServerError {
  readonly errorCode: number
  readonly message: string
  /** The statement in the server's own spelling, if it is about one. */
  readonly statementText: string | undefined
}

/** ksqlDB's own codes, as they come in `error_code`. */
export const errorCodes = { statement: 40001, notFound: 40400, unauthorized: 40100, forbidden: 40300, server: 50000, starting: 50302 } as const // prettier-ignore

/** ksqlDB answered, and refused. */
export class KsqlRefusal extends PayflowError {
  readonly errorCode: number
  readonly statementText: string | undefined

  constructor({ errorCode, message, statementText }: ServerError, code: ErrorCode, kind: ErrorKind, hint: string) {
    super(code, message, { kind, hint })
    this.errorCode = errorCode
    this.statementText = statementText
  }

  /** The name is taken, by a stream or a table of whatever definition. */
  get alreadyExists(): boolean {
    return this.errorCode === errorCodes.statement && /with the same name already exists/.test(this.message)
  }
  /** The topic that a statement is to write is there, with other partitions, replicas or another retention. */
  get topicDiffers(): boolean {
    return /^A Kafka topic with the name .* already exists, with different/.test(this.message)
  }
  /** A pull query came too early: a table is being read into memory, or moves to another server. */
  get isTooEarly(): boolean {
    return /not available (yet|anymore)|currently unavailable|exceeds maximum allowed lag/.test(this.message)
  }
  /** What was to be dropped or terminated is not there. */
  get isGone(): boolean {
    const said = /(does not exist\.?$|^Unknown queryId:|^Could not find STREAM\/TABLE)/m
    return this.errorCode === errorCodes.statement && said.test(this.message)
  }
  /** One command blocks the thread that executes them all; this one was not taken. */
  get isBlocked(): boolean {
    return this.errorCode === errorCodes.server && /into the command topic/.test(this.message)
  }
  get isStarting(): boolean {
    return this.errorCode === errorCodes.starting
  }
}

/** Many errors carry their JSON without saying that it is JSON. */
function serverErrorIn(body: string): ServerError | undefined {
  try {
    const value = JSON.parse(body) as { error_code?: unknown; message?: unknown; statementText?: unknown } | null
    if (typeof value?.error_code !== 'number') return undefined
    return {
      errorCode: value.error_code,
      message: typeof value.message === 'string' ? value.message : `error ${value.error_code}`,
      statementText: typeof value.statementText === 'string' ? value.statementText : undefined,
    }
  } catch {
    return undefined
  }
}

/** The server's words on one line. */
export const wordsOf = (message: string): string => message.trim().replaceAll(/\s*\n\s*/g, ' ')

const denied = ({ url, user }: Endpoint, status: number): PayflowError =>
  new PayflowError(
    'KSQL_DENIED',
    user === undefined
      ? `ksqlDB at ${url} wants to know who asks (${status})`
      : `ksqlDB at ${url} refuses the credentials of ${user} (${status})`,
    { kind: 'infra', hint: 'set PAYFLOW_KSQL_USER and PAYFLOW_KSQL_PASSWORD' },
  )

const BUSY_HINT = 'a command before it blocks ksqlDB, which executes them one by one: wait for it, then run this again'

const TOO_EARLY_HINT =
  'the table is still being read in: try again in a few seconds; `payflow ksql status` says how far its query is'

function fromServer(endpoint: Endpoint, error: ServerError): PayflowError {
  const said = { ...error, message: wordsOf(error.message) }
  const { errorCode } = error
  if (errorCode === errorCodes.starting)
    return new KsqlRefusal({ ...said, message: `ksqlDB at ${endpoint.url} is still starting: ${said.message}` }, 'KSQL_STARTING', 'infra', 'try again in a few seconds') // prettier-ignore
  const refusal = new KsqlRefusal(said, 'KSQL_REFUSED', 'failed', 'correct the statement')
  if (refusal.isTooEarly) return new KsqlRefusal(said, 'KSQL_TOO_EARLY', 'failed', TOO_EARLY_HINT)
  if (refusal.isBlocked) return new KsqlRefusal(said, 'KSQL_BUSY', 'failed', BUSY_HINT)
  if (errorCode >= 50000) return new KsqlRefusal(said, 'KSQL_FAILED', 'failed', "look into ksqlDB's log")
  return refusal
}

/** What answers here is not ksqlDB: a proxy, another service. */
export function notKsqldb({ url }: Endpoint, { status, headers, body }: HttpAnswer): PayflowError {
  const type = headers['content-type'] ?? 'no content type'
  const title = /<(title|h1)>(?<title>[^<]*)</i.exec(body)?.groups?.['title']?.trim()
  const words = title === undefined ? '' : `: "${title.slice(0, 100)}"`
  const moved = headers.location === undefined ? '' : `, which leads to ${headers.location}`
  return new PayflowError(
    'KSQL_NOT_KSQLDB',
    `What answers at ${url} is not ksqlDB: it sent ${status} with ${type}${words}${moved}`,
    { kind: 'infra', hint: 'check --ksql-url (PAYFLOW_KSQL_URL), and any proxy in between' },
  )
}

/** The error that an answer other than 200 stands for. */
export function explainAnswer(endpoint: Endpoint, answer: HttpAnswer): PayflowError {
  const { status, body } = answer
  const error = serverErrorIn(body)
  if (status === 401 || status === 403) return denied(endpoint, status)
  return error ? fromServer(endpoint, error) : notKsqldb(endpoint, answer)
}

/** An error that comes in the midst of an answer that began with 200. */
export const explainLate = (endpoint: Endpoint, line: string): PayflowError | undefined => {
  const error = serverErrorIn(line)
  return error && fromServer(endpoint, error)
}
