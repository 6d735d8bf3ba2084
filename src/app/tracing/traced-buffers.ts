import type { Span } from '@opentelemetry/api'
import { OutputBuffers } from '../../kafka/output-buffers.ts'
import type { Header } from '../../kafka/records.ts'
import { hasContext } from './spans.ts'

type Field = Buffer | string | null

interface Held {
  readonly span: Span
  /** When what it is about was done, by `performance.now()`. */
  readonly endedMs: number
}

/** More spans than this are not kept until their transaction has ended: an exporter would not take so many at once anyway. */
const MAX_HELD = 4_096
const none: readonly Header[] = []

/**
 * Adds the trace that is being carried to each record. One that has a trace already keeps it, and one that would become too large for its
 * topic goes without: what is written is the same as without tracing.
 */
export class TracedBuffers extends OutputBuffers {
  #carried = none
  #held: Held[] = []

  /** The headers that records get from now on. */
  carry(headers: readonly Header[] = none): void {
    this.#carried = headers
  }

  /** The span ends with the transaction that these records are in, as if it had ended now. */
  hold(span: Span): void {
    if (this.#held.length < MAX_HELD) this.#held.push({ span, endedMs: performance.now() })
    else span.end()
  }

  /** What is held, which is nobody's then. */
  takeHeld(): Held[] {
    const held = this.#held
    this.#held = []
    return held
  }

  override append(topic: string, partition: number, key: Field, value: Field, headers: readonly Header[] = none): void {
    super.append(topic, partition, key, value, this.#withTrace(topic, key, value, headers))
  }

  #withTrace(topic: string, key: Field, value: Field, headers: readonly Header[]): readonly Header[] {
    if (this.#carried.length === 0 || hasContext(headers)) return headers
    const traced = [...headers, ...this.#carried]
    return this.fits(topic, key, value, traced) ? traced : headers
  }
}
