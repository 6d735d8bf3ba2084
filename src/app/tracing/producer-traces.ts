import { SpanKind, type SpanContext, type Tracer } from '@opentelemetry/api'
import { codeOf } from '../../kafka/errors.ts'
import type { RecordCodec } from '../../kafka/codec.ts'
import type { TopicLimits } from '../../kafka/topic-limits.ts'
import type { ProducerTracing } from '../../runtime/tracing.ts'
import { around, attribute, fail, headersOf, keyText } from './spans.ts'
import { TracedBuffers } from './traced-buffers.ts'

/** A trace begins with each record; what is sent together has a span that links to them. */
export const producerTracing = (tracer: Tracer, links: number): ProducerTracing => ({
  buffers: (topic, limits, codec) => new CreatedRecords(tracer, topic, limits, codec),
  sending: (buffers) => (buffers instanceof CreatedRecords ? buffers.sending(links) : () => undefined),
})

class CreatedRecords extends TracedBuffers {
  readonly #tracer: Tracer
  readonly #topic: string
  #created: SpanContext[] = []

  constructor(tracer: Tracer, topic: string, limits: TopicLimits, codec: RecordCodec) {
    super(limits, codec)
    this.#tracer = tracer
    this.#topic = topic
  }

  override append(...record: Parameters<TracedBuffers['append']>): void {
    const [topic, partition, key] = record
    const attributes = {
      ...this.#attributes('create'),
      [attribute.partition]: String(partition),
      ...(key !== null && { [attribute.key]: keyText(key) }),
    }
    const span = this.#tracer.startSpan(`create ${topic}`, { kind: SpanKind.PRODUCER, attributes })
    this.carry(headersOf(span.spanContext()))
    super.append(...record)
    this.carry()
    if (!span.isRecording()) return
    this.#created.push(span.spanContext())
    span.end()
  }

  sending(links: number): (error: unknown) => void {
    const created = this.#created
    this.#created = []
    if (created.length === 0) return () => undefined
    const of = around(created, links)
    const attributes = { ...this.#attributes('send'), [attribute.messages]: this.count }
    const span = this.#tracer.startSpan(`send ${this.#topic}`, { kind: SpanKind.CLIENT, links: of.links, attributes }, of.parent) // prettier-ignore
    return (error) => {
      if (error !== undefined) fail(span, String(codeOf(error) ?? 'failed'), error)
      span.end()
    }
  }

  #attributes(operation: 'create' | 'send'): Record<string, string> {
    return {
      [attribute.system]: 'kafka',
      [attribute.operation]: operation,
      [attribute.operationType]: operation,
      [attribute.destination]: this.#topic,
      [attribute.clientId]: 'payflow-produce',
    }
  }
}
