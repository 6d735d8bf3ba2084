import type { WorkerChoice } from '../../app/workers/arguments.ts'
import type { Observed } from '../../app/metrics/observed.ts'
import type { WorkerMetrics } from '../../app/metrics/worker-metrics.ts'
import type { Context } from '../shell/action.ts'

const TELL_INTERVAL_MS = 1_000

/** Serves what is observed where `--http` says; nothing is loaded and nothing done without it. Returns what ends that. */
export async function serve(
  { settings, output }: Context,
  observe: () => Promise<Observed>,
): Promise<() => Promise<void>> {
  if (settings.http === undefined) return () => Promise.resolve()
  const [{ openHttp }, { observedRoutes }, { parseListen }] = await Promise.all([import('../../web/http.ts'), import('../../web/observed.ts'), import('../../settings/address.ts')]) // prettier-ignore
  const { url, close } = await openHttp(parseListen(settings.http)!, observedRoutes(await observe()))
  output.note(`metrics and health: ${url}/metrics, /livez, /readyz`)
  return close
}

export interface Observing {
  readonly metrics: WorkerMetrics
  readonly end: () => Promise<void>
}

/** What the workers of this process count, for its own `--http` or for the process that runs it; undefined when nobody wants to know. */
export async function observeWorkers(
  context: Context,
  choices: readonly WorkerChoice[],
): Promise<Observing | undefined> {
  const { settings, world, log } = context
  const { parent } = world
  if (settings.http === undefined && !parent?.wantsFigures) return undefined
  const { WorkerMetrics } = await import('../../app/metrics/worker-metrics.ts')
  const { Client } = await import('../../kafka/client.ts')
  const { clientOptions } = await import('../../app/cluster.ts')
  const { showAudits } = await import('../../app/metrics/last-audit.ts')
  const workers = choices.map(({ definition }) => definition)
  const names = workers.map(({ name }) => name)
  const metrics = new WorkerMetrics({
    workers,
    showAudits: (figures) => showAudits(figures, settings, names),
    sessionTimeoutMs: settings.sessionTimeoutMs,
    connect: () => new Client(clientOptions(settings, 'payflow-metrics', log)),
  })
  const stop = await serve(context, () => metrics.observed())
  const { figuresMessage } = await import('../../app/workers/messages.ts')
  const tell = (): void => void parent?.tell(figuresMessage(metrics.tell()))
  const timer = parent?.wantsFigures ? setInterval(tell, TELL_INTERVAL_MS).unref() : undefined
  return {
    metrics,
    end: async () => {
      clearInterval(timer)
      if (timer) tell()
      await stop()
      await metrics.close()
    },
  }
}
