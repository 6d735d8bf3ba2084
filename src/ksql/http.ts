import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import type { ConnectionOptions } from 'node:tls'
import { PayflowError, messageOf } from '../errors.ts'

/** Where a ksqlDB is, and as whom to speak to it. */
export interface Endpoint {
  readonly url: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** For https: the CAs to trust, and payflow's own certificate. */
  readonly tls?: ConnectionOptions | undefined
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** Encoded, beginning with a slash. */
  readonly path: string
  readonly accept: string
  readonly body?: object
}

export interface SendOptions {
  /** How long the head of the answer may take; its body has all the time it wants. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** The connection failed, before an answer or in the midst of one: what was asked for may have happened or not. */
export class NoAnswer extends PayflowError {
  constructor(code: 'KSQL_UNREACHABLE' | 'KSQL_CUT', message: string, hint: string, cause: unknown) {
    super(code, message, { kind: 'infra', hint, cause })
  }
}

const CONTENT_TYPE = 'application/vnd.ksql.v1+json; charset=utf-8'

function headersOf({ accept, body }: HttpRequest, { user, password }: Endpoint): Record<string, string> {
  const credentials = Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')
  return {
    Accept: accept,
    ...(body && { 'Content-Type': CONTENT_TYPE }),
    ...(user !== undefined && { Authorization: `Basic ${credentials}` }),
  }
}

/** Sends one request over its own connection. @throws NoAnswer, or the signal's reason */
export async function send(
  endpoint: Endpoint,
  request: HttpRequest,
  { timeoutMs, signal }: SendOptions,
): Promise<IncomingMessage> {
  signal?.throwIfAborted()
  const url = new URL(endpoint.url.replace(/\/+$/, '') + request.path)
  const body = request.body && Buffer.from(JSON.stringify(request.body))
  const headers = headersOf(request, endpoint)
  if (body) headers['Content-Length'] = String(body.length)
  try {
    return await new Promise((resolve, reject) => {
      const start = url.protocol === 'https:' ? requestHttps : requestHttp
      const options = { ...endpoint.tls, method: request.method, headers, agent: false, signal } as const
      const outgoing = start(url, options, (incoming) => {
        clearTimeout(timer)
        resolve(incoming)
      })
      const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs)
      outgoing.once('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      outgoing.end(body)
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw new NoAnswer(
      'KSQL_UNREACHABLE',
      `No ksqlDB answers at ${endpoint.url} (${reasonOf(error)})`,
      'start it with `payflow infra up`, or name yours with --ksql-url (PAYFLOW_KSQL_URL)',
      error,
    )
  }
}

/** A host with several addresses fails with an error of each, and no message of its own. */
function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  return messageOf(inner)
}

export const brokenOff = ({ url }: Endpoint, what: string, cause: unknown): NoAnswer =>
  new NoAnswer(
    'KSQL_CUT',
    `ksqlDB at ${url} broke off ${what} (${messageOf(cause)})`,
    'look whether it runs with `payflow ksql status`, then run it again',
    cause,
  )

/** The whole body. @throws NoAnswer when the connection ends before it does */
export async function readBody(endpoint: Endpoint, incoming: IncomingMessage): Promise<string> {
  try {
    return await text(incoming)
  } catch (error) {
    throw brokenOff(endpoint, 'its answer', error)
  }
}
