import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { PayflowError } from '../errors.ts'
import { readBody, send, type Endpoint, type HttpRequest, type SendOptions } from './http.ts'
import { KsqlRefusal, errorCodes, explainAnswer, notKsqldb } from './refusal.ts'
import { entities, infoReply, statusReply, tagged } from './replies.ts'
import type { CommandStatus, Entity, EntityName, ServerInfo } from './replies.ts'

/** What `streamsProperties` and `properties` hold. */
export type StreamsProperties = Readonly<Record<string, string>>

const STATEMENT_FORMAT = 'application/vnd.ksql.v1+json'
const ROW_FORMAT = 'application/vnd.ksqlapi.delimited.v1'
const SHORT_TIMEOUT_MS = 5_000
/** A statement that waits for a blocked command before it was answered after 10 s. */
const STATEMENT_TIMEOUT_MS = 60_000

type Answer = z.infer<typeof tagged>

/** The first entity of a kind in an answer; undefined when there is none. */
export function find<Name extends EntityName>(answer: Answer, name: Name): Entity<Name> | undefined {
  const entity = answer.find((candidate) => candidate['@type'] === name)
  const parsed = entity && entities[name].safeParse(entity)
  return parsed?.success ? (parsed.data as Entity<Name>) : undefined
}

/** ksqlDB's REST interface over HTTP/1.1. Every method throws PayflowError: NoAnswer, KsqlRefusal, or one for an answer that is not ksqlDB's. */
export class KsqlClient {
  readonly endpoint: Endpoint

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
  }

  /** @throws KsqlRefusal with `isStarting` while it starts */
  async info(signal?: AbortSignal): Promise<ServerInfo> {
    const request: HttpRequest = { method: 'GET', path: '/info', accept: STATEMENT_FORMAT }
    return (await this.#json(request, infoReply, { timeoutMs: SHORT_TIMEOUT_MS, signal })).KsqlServerInfo
  }

  /** Runs statements of one request. An answer is not yet the end of a command: see its `commandStatus`. */
  async run(ksql: string, streamsProperties: StreamsProperties = {}, signal?: AbortSignal): Promise<Answer> {
    const body = { ksql, streamsProperties }
    const request: HttpRequest = { method: 'POST', path: '/ksql', accept: STATEMENT_FORMAT, body }
    return this.#json(request, tagged, { timeoutMs: STATEMENT_TIMEOUT_MS, signal })
  }

  /** Runs statements and returns the answer of one kind among theirs. */
  async ask<Name extends EntityName>(ksql: string, name: Name, signal?: AbortSignal): Promise<Entity<Name>> {
    return this.expect(await this.run(ksql, {}, signal), name)
  }

  expect<Name extends EntityName>(answer: Answer, name: Name): Entity<Name> {
    const entity = find(answer, name)
    if (entity) return entity
    throw new PayflowError('KSQL_UNEXPECTED', `ksqlDB at ${this.endpoint.url} sent no ${name} in its answer`, {
      kind: 'failed',
      hint: 'payflow knows ksqlDB of Confluent Platform 7.9: is this another version?',
    })
  }

  /** How far a command is; undefined when the server does not know it (any more). */
  async status(commandId: string, signal?: AbortSignal): Promise<CommandStatus | undefined> {
    const path = `/status/${commandId.split('/').map(encodeURIComponent).join('/')}`
    const request: HttpRequest = { method: 'GET', path, accept: STATEMENT_FORMAT }
    try {
      return await this.#json(request, statusReply, { timeoutMs: SHORT_TIMEOUT_MS, signal })
    } catch (error) {
      if (error instanceof KsqlRefusal && error.errorCode === errorCodes.notFound) return undefined
      throw error
    }
  }

  /** Begins a query; its answer comes as lines: a header, then rows. */
  async startQuery(sql: string, properties: StreamsProperties, signal?: AbortSignal): Promise<IncomingMessage> {
    const body = { sql, ...(Object.keys(properties).length > 0 && { properties }) }
    return this.#send(
      { method: 'POST', path: '/query-stream', accept: ROW_FORMAT, body },
      { timeoutMs: STATEMENT_TIMEOUT_MS, signal },
    )
  }

  async closeQuery(queryId: string): Promise<void> {
    const request: HttpRequest = { method: 'POST', path: '/close-query', accept: ROW_FORMAT, body: { queryId } }
    const incoming = await this.#send(request, { timeoutMs: SHORT_TIMEOUT_MS })
    incoming.resume()
  }

  async #send(request: HttpRequest, options: SendOptions): Promise<IncomingMessage> {
    const incoming = await send(this.endpoint, request, options)
    if (incoming.statusCode === 200) return incoming
    const body = await readBody(this.endpoint, incoming)
    throw explainAnswer(this.endpoint, { status: incoming.statusCode ?? 0, headers: incoming.headers, body })
  }

  async #json<Schema extends z.ZodType>(
    request: HttpRequest,
    schema: Schema,
    options: SendOptions,
  ): Promise<z.infer<Schema>> {
    const incoming = await this.#send(request, options)
    const body = await readBody(this.endpoint, incoming)
    try {
      return schema.parse(JSON.parse(body))
    } catch {
      throw notKsqldb(this.endpoint, { status: 200, headers: incoming.headers, body })
    }
  }
}
