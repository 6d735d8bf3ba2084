import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Context,
  type Link,
  type Span,
  type SpanContext,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { messageOf } from '../../errors.ts'
import type { Header } from '../../kafka/records.ts'

/** Names of OpenTelemetry's conventions for messaging (1.3x, in development) that payflow uses, and its own. */
export const attribute = {
  system: 'messaging.system',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  group: 'messaging.consumer.group.name',
  clientId: 'messaging.client.id',
  messages: 'messaging.batch.message_count',
  offset: 'messaging.kafka.offset',
  key: 'messaging.kafka.message.key',
  errorType: 'error.type',
  worker: 'payflow.worker',
  origin: 'payflow.origin',
  outcome: 'payflow.outcome',
  result: 'payflow.transaction.result',
  partitions: 'payflow.partitions',
} as const

const propagator = new W3CTraceContextPropagator()
const LONGEST_KEY = 256

/** A key as an attribute: text, and not the whole of a long one. */
export const keyText = (key: Buffer | string): string => key.toString().slice(0, LONGEST_KEY)

const readHeader = {
  get: (headers: readonly Header[], name: string) => headers.findLast(({ key }) => key === name)?.value?.toString(),
  keys: (headers: readonly Header[]) => headers.map(({ key }) => key),
}
const writeHeader = { set: (headers: Header[], key: string, value: string) => void headers.push({ key, value }) }

/** Whose child a span of this record is: that of its header, if it has one that can be read. */
export const contextIn = (headers: readonly Header[]): Context => propagator.extract(ROOT_CONTEXT, headers, readHeader)

export const hasContext = (headers: readonly Header[]): boolean =>
  headers.some(({ key }) => propagator.fields()[0] === key)

/** `traceparent`, and `tracestate` where there is one. */
export function headersOf(context: SpanContext): Header[] {
  const headers: Header[] = []
  propagator.inject(trace.setSpanContext(ROOT_CONTEXT, context), headers, writeHeader)
  return headers
}

/** Where a span belongs that is about several others: below them when they are one trace; else it links to them, at most `most`. */
export function around(contexts: readonly SpanContext[], most: number): { parent: Context; links: Link[] } {
  const [first] = contexts
  if (first && contexts.every(({ traceId }) => traceId === first.traceId))
    return { parent: trace.setSpanContext(ROOT_CONTEXT, first), links: [] }
  return { parent: ROOT_CONTEXT, links: contexts.slice(0, most).map((context) => ({ context })) }
}

/** The span says that it failed, and why. `type`: a word of a closed list. */
export function fail(span: Span, type: string, why: unknown): void {
  span.setAttribute(attribute.errorType, type)
  span.setStatus({ code: SpanStatusCode.ERROR, message: typeof why === 'string' ? why : messageOf(why) })
}
