import { SpanKind, type Attributes, type Span, type Tracer } from '@opentelemetry/api'
import { codeOf } from '../../kafka/errors.ts'
import type { OutputBuffers } from '../../kafka/output-buffers.ts'
import type { Header } from '../../kafka/records.ts'
import { DEAD_LETTERS, groupOf, inboxTopic } from '../../pipeline/events/topics.ts'
import { readRefusal } from '../../pipeline/worker/origin-headers.ts'
import { refusalKindOf } from '../../pipeline/worker/refusals.ts'
import type { InputRecord } from '../../runtime/task/input-record.ts'
import { Processor, type ProcessorOptions } from '../../runtime/task/processor.ts'
import type { TracedTransaction, WorkerTracing } from '../../runtime/tracing.ts'
import { around, attribute, contextIn, fail, headersOf, keyText } from './spans.ts'
import { TracedBuffers } from './traced-buffers.ts'

/** A span for each record that a worker processes, and one for each transaction. `links`: how many spans one may link to. */
export const workerTracing = (tracer: Tracer, links: number): WorkerTracing => ({
  processor: (setup) => new TracedProcessor(tracer, setup, new WorkerBuffers(setup.limits, setup.codec)),
  transaction: (worker, buffers, ended) => traceTransaction(tracer, links, { worker, buffers, ended }),
})

/** Remembers why the last record was refused: its dead letter says so. */
class WorkerBuffers extends TracedBuffers {
  #refusal: string | undefined

  /** Of what was written since the last call. */
  takeRefusal(): string | undefined {
    const refusal = this.#refusal
    this.#refusal = undefined
    return refusal
  }

  override append(...record: Parameters<TracedBuffers['append']>): void {
    this.#look(record[0], record[4])
    super.append(...record)
  }

  override appendPacked(...record: Parameters<TracedBuffers['appendPacked']>): void {
    this.#look(record[0], record[4])
    super.appendPacked(...record)
  }

  #look(topic: string, headers: readonly Header[] | undefined): void {
    if (topic === DEAD_LETTERS && headers) this.#refusal = readRefusal(headers)?.reason
  }
}

class TracedProcessor extends Processor {
  readonly #tracer: Tracer
  readonly #buffers: WorkerBuffers
  readonly #inbox: string
  readonly #common: Attributes
  /** Of the last record, which has made timers due that may fire only later. */
  #headers: readonly Header[] | undefined

  constructor(tracer: Tracer, setup: ProcessorOptions, buffers: WorkerBuffers) {
    super(setup, buffers)
    const { name } = setup.worker
    this.#tracer = tracer
    this.#buffers = buffers
    this.#inbox = inboxTopic(name)
    this.#common = {
      [attribute.system]: 'kafka',
      [attribute.operation]: 'process',
      [attribute.operationType]: 'process',
      [attribute.group]: groupOf(name),
      [attribute.clientId]: `payflow-${name}`,
      [attribute.worker]: name,
      [attribute.partition]: String(setup.partition),
    }
  }

  override process(record: InputRecord): void {
    const span = this.#begin(record)
    const { strays } = this.counts
    this.#headers = headersOf(span.spanContext())
    this.#buffers.carry(this.#headers)
    try {
      super.process(record)
    } catch (error) {
      fail(span, 'bug', error)
      span.end()
      throw error
    } finally {
      this.#buffers.carry()
    }
    const refusal = this.#buffers.takeRefusal()
    if (!span.isRecording()) return
    if (refusal !== undefined) {
      span.setAttribute(attribute.outcome, 'dead letter')
      fail(span, refusalKindOf(refusal), refusal)
    } else if (this.counts.strays > strays) span.setAttribute(attribute.outcome, 'handed over')
    this.#buffers.hold(span)
  }

  override fire(): number {
    this.#buffers.carry(this.#headers)
    try {
      return super.fire()
    } finally {
      this.#buffers.carry()
    }
  }

  override discard(): void {
    for (const { span, endedMs } of this.#buffers.takeHeld()) endAs(span, endedMs, 'aborted')
    super.discard()
  }

  #begin(record: InputRecord): Span {
    const { topic, partition, offset, key } = record.origin()
    const destination = record.isForwarded ? this.#inbox : topic
    const place = record.isForwarded ? { [attribute.origin]: `${topic}/${partition}@${offset}` } : { [attribute.offset]: offset } // prettier-ignore
    const attributes = { ...this.#common, ...place, [attribute.destination]: destination, ...(key && { [attribute.key]: keyText(key) }) } // prettier-ignore
    const options = { kind: SpanKind.CONSUMER, attributes }
    return this.#tracer.startSpan(`process ${destination}`, options, contextIn(record.headers()))
  }
}

function traceTransaction(
  tracer: Tracer,
  links: number,
  { worker, buffers, ended }: { worker: string; buffers: readonly OutputBuffers[]; ended: TracedTransaction },
): void {
  const { result, error, records, partitions, ms } = ended
  const held = buffers.flatMap((each) => (each instanceof TracedBuffers ? each.takeHeld() : []))
  for (const { span, endedMs } of held) endAs(span, endedMs, result)
  // nobody is interested in any of its records, or it has none
  if (held.length === 0) return
  const of = around(
    held.map(({ span }) => span.spanContext()),
    links,
  )
  const attributes = {
    [attribute.system]: 'kafka',
    [attribute.operation]: 'commit',
    [attribute.operationType]: 'settle',
    [attribute.group]: groupOf(worker),
    [attribute.clientId]: `payflow-${worker}`,
    [attribute.worker]: worker,
    [attribute.messages]: records,
    [attribute.partitions]: partitions,
    [attribute.result]: result,
  }
  const startTime = performance.now() - ms
  const span = tracer.startSpan('commit', { kind: SpanKind.CLIENT, links: of.links, attributes, startTime }, of.parent)
  if (result !== 'committed') fail(span, String(codeOf(error) ?? result), why(result, error))
  span.end()
}

/** The record is processed; whether that counts, its transaction says. */
function endAs(span: Span, endedMs: number, result: TracedTransaction['result']): void {
  span.setAttribute(attribute.result, result)
  if (result !== 'committed') fail(span, result, why(result, undefined))
  span.end(endedMs)
}

function why(result: TracedTransaction['result'], error: unknown): unknown {
  if (error !== undefined) return error
  return result === 'unknown' ? 'the commit was not answered: it may have been carried out' : 'the transaction was aborted; the record is processed again' // prettier-ignore
}
