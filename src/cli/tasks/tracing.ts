import type { Traces } from '../../app/tracing/open.ts'
import type { Context } from '../shell/action.ts'

/** What a user should know of tracing, and what is to be done: the fields of a warning. */
type Tell = (fault: { readonly what: string; readonly hint: string }) => void

/** Starts OpenTelemetry where `--otel on` says so; nothing of it is loaded otherwise. `service`: what this process is called in traces. */
export async function openTracing(
  { settings, output, world, log }: Context,
  service: string,
  tell: Tell,
): Promise<Traces | undefined> {
  if (settings.otel === 'off') return undefined
  const { openTraces } = await import('../../app/tracing/open.ts')
  const traces = openTraces({ service, log, tell: ({ what, hint }) => tell({ what, hint }) })
  if (world.parent === undefined)
    output.note(traces ? `traces go to ${traces.endpoint}` : 'traces: the OTEL_ variables turn them off')
  return traces
}
