import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'

/** What a user should know of tracing, and what is to be done. */
export interface TracingFault {
  readonly what: string
  readonly hint: string
}

/** Hands spans on; when they cannot be, it tells so once, with the cause. */
export class TellingExporter implements SpanExporter {
  readonly #inner: SpanExporter
  readonly #endpoint: string
  readonly #tell: (fault: TracingFault) => void
  readonly #log: Log
  #told = false
  #lost = 0
  /** The last spans did not arrive. */
  isDown = false

  constructor(
    inner: SpanExporter,
    { endpoint, tell, log }: { endpoint: string; tell: (fault: TracingFault) => void; log: Log },
  ) {
    this.#inner = inner
    this.#endpoint = endpoint
    this.#tell = tell
    this.#log = log
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#inner.export(spans, (result) => {
      if (result.code === ExportResultCode.SUCCESS) this.#arrived()
      else this.#failed(spans.length, causeOf(result.error))
      done(result)
    })
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown()
  }

  #arrived(): void {
    if (this.isDown) this.#log('info', 'otel-export-works-again', { endpoint: this.#endpoint, lostSpans: this.#lost })
    this.isDown = false
  }

  #failed(spans: number, error: string): void {
    this.isDown = true
    this.#lost += spans
    this.#log('warn', 'otel-export-failed', { endpoint: this.#endpoint, error, lostSpans: this.#lost })
    if (this.#told) return
    this.#told = true
    this.#tell({
      what: `OpenTelemetry: no spans arrive at ${this.#endpoint} (${error}); the records go on without them`,
      hint: 'start a collector that takes OTLP over HTTP there, or name yours in OTEL_EXPORTER_OTLP_ENDPOINT',
    })
  }
}

/** What the SDK says when an answer asks to come again later. */
const BUSY = 'Export failed with retryable status'

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given'
  // of all addresses that localhost has, the first one
  if (error instanceof AggregateError && error.message === '') return causeOf(error.errors[0])
  if (error.message === BUSY) return 'HTTP 429, 502, 503 or 504: it is busy'
  const status = 'code' in error && typeof error.code === 'number' ? `HTTP ${error.code} ` : ''
  return `${status}${messageOf(error)}`.trim()
}
