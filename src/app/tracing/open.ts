import { randomUUID } from 'node:crypto'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { diagLogLevelFromString, getNumberFromEnv } from '@opentelemetry/core'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { Log } from '../../log.ts'
import { pause } from '../../pause.ts'
import type { ProducerTracing, WorkerTracing } from '../../runtime/tracing.ts'
import { payflowVersion } from '../metrics/version.ts'
import { TellingExporter, type TracingFault } from './exporter.ts'
import { producerTracing } from './producer-traces.ts'
import { tracesTarget } from './target.ts'
import { workerTracing } from './worker-traces.ts'

/** Shorter than the SDK's own 5 s and 10 s, so that a collector that is away is known within 10 s. */
const EXPORT_EVERY_MS = 1_000
const EXPORT_TIMEOUT_MS = 5_000
/** At the end, what is left is sent for this long; nobody waits any longer for a collector. */
const FLUSH_MS = 2_000
const LINKS = 128

export interface Traces {
  readonly endpoint: string
  readonly workers: WorkerTracing
  readonly producers: ProducerTracing
  /** Sends what is left, for a moment. */
  readonly close: () => Promise<void>
}

/**
 * Starts OpenTelemetry's SDK as the OTEL_ variables of this process say; undefined where they turn it off. `service`: the name of this
 * process, unless they give one. @throws PayflowError (usage) for what payflow cannot do
 */
export function openTraces({
  service,
  tell,
  log,
}: {
  service: string
  tell: (fault: TracingFault) => void
  log: Log
}): Traces | undefined {
  const target = tracesTarget(process.env)
  if (!target) return undefined
  const { endpoint } = target
  listen({ tell, log })
  const timeout = process.env.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? process.env.OTEL_EXPORTER_OTLP_TIMEOUT
  const config = timeout === undefined ? { timeoutMillis: EXPORT_TIMEOUT_MS } : {}
  const otlp = target.protocol === 'http/json' ? new JsonExporter(config) : new ProtobufExporter(config)
  const exporter = new TellingExporter(otlp, { endpoint, tell, log })
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': service,
          'service.namespace': 'payflow',
          'service.version': payflowVersion(),
          'service.instance.id': randomUUID(),
        }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: getNumberFromEnv('OTEL_BSP_SCHEDULE_DELAY') ?? EXPORT_EVERY_MS })], // prettier-ignore
  })
  // whether anybody is there is worth knowing before the first record
  exporter.export([], () => undefined)
  const tracer = provider.getTracer('payflow', payflowVersion())
  const links = getNumberFromEnv('OTEL_SPAN_LINK_COUNT_LIMIT') ?? LINKS
  return {
    endpoint,
    workers: workerTracing(tracer, links),
    producers: producerTracing(tracer, links),
    close: async () => {
      if (exporter.isDown) return
      const ended = new AbortController()
      const shutdown = provider.shutdown().catch((error: unknown) => log('debug', 'otel', { error: String(error) }))
      await Promise.race([shutdown, pause(FLUSH_MS, ended.signal)])
      ended.abort()
    },
  }
}

/** What the SDK has to say goes to the log. That more comes than it can send, a user should know. */
function listen({ tell, log }: { tell: (fault: TracingFault) => void; log: Log }): void {
  let told = false
  const say = (message: string, ...more: unknown[]): void => {
    log('debug', 'otel', { message: [message, ...more.map(String)].join(' ') })
    if (told || !message.startsWith('Dropped') || !message.includes('maxQueueSize')) return
    told = true
    tell({
      what: 'OpenTelemetry: there are more spans than can be sent; some are dropped',
      hint: 'trace some records only: OTEL_TRACES_SAMPLER=parentbased_traceidratio and OTEL_TRACES_SAMPLER_ARG=0.01',
    })
  }
  const logLevel = diagLogLevelFromString(process.env.OTEL_LOG_LEVEL) ?? DiagLogLevel.WARN
  const logger = { error: say, warn: say, info: say, debug: say, verbose: say }
  diag.setLogger(logger, { logLevel, suppressOverrideMessage: true })
}
