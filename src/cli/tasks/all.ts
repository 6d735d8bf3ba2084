import { keepLogs } from '../../app/log/kept.ts'
import { allOf } from '../../log.ts'
import { logEvent } from '../../runtime/event-entry.ts'
import { AllRun } from '../../app/run/all.ts'
import type { ChaosEvent } from '../../app/chaos/chaos.ts'
import type { AllOptions } from '../../app/run/options.ts'
import { steps } from '../../app/run/steps.ts'
import type { AllSummary } from '../../app/run/summary.ts'
import { auditChoices, type AuditReport } from '../../app/audit/audit.ts'
import { withCluster } from '../../app/cluster.ts'
import type { Live } from '../../app/run/live.ts'
import { reproduceCommand, type Produced } from '../../app/producers.ts'
import { kinds } from '../../pipeline/sources/source.ts'
import { chooseWorkers } from '../../app/workers/arguments.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import type { Context } from '../shell/action.ts'
import { failOnDifference, reportLines } from '../views/audit-report.ts'
import { eventLine, figureLines } from '../views/chaos-report.ts'
import { live, type LiveView } from '../views/live.ts'
import { liveLines, plainLine } from '../views/live-view.ts'
import { table, type Output } from '../shell/output.ts'
import { eventText, isIncident } from '../views/worker-events.ts'
import { runAudit } from './audit.ts'
import { serve } from './observe.ts'
import { runSteps } from './steps.ts'

const DRAW_INTERVAL_MS = 1_000
const PLAIN_INTERVAL_MS = 10_000

/**
 * Runs everything, shows it, and ends what it started, whatever happens in between.
 * `dashboard`: where the page is served; undefined: nowhere.
 */
export async function runAll(context: Context, options: AllOptions, dashboard?: string): Promise<void> {
  const { world, settings, output, signal } = context
  world.stopWith({ message: 'Stopping: producers flush, workers end their transactions', outcome: 'done' })
  let lastEvent = ''
  /** Shows a line in the step that is under way, where steps are drawn. */
  let inStep: (line: string) => void = () => undefined
  const say = (line: string): void => output.note((lastEvent = line))
  const workers = defaultWorkers.map(({ name }) => name)
  const logs = keepLogs(settings, { run: 'all', workers, verbose: output.verbose, log: context.log })
  const log = allOf(context.log, logs.log)
  const run = new AllRun(settings, options, {
    env: world.env,
    signal,
    log,
    logs,
    cwd: world.cwd,
    onEvent: (event) => {
      if (event.kind !== 'died') logEvent(allOf(context.journal, logs.log), event)
      if (context.logsToStderr) return
      const shown = eventText(event)
      if (shown === undefined) return
      if (!isIncident(event)) {
        output.detail(shown.text)
        return
      }
      say(shown.text)
      if (shown.hint !== undefined) output.note(`→ ${shown.hint}`)
      if (output.interactive) inStep(shown.text)
    },
  })
  const over = new AbortController()
  let page: { readonly ended: Promise<void> } | undefined
  const forget = world.atForcedExit(() => run.kill())
  const stopServing = await serve(context, () => run.observed())
  try {
    const onChaos = (event: ChaosEvent): void => say(eventLine(event))
    const shown = steps.filter(({ does }) => does(settings, options) !== undefined)
    await runSteps(
      world,
      output,
      shown.flatMap(({ title, run: step }) =>
        step
          ? [{ title, run: (report) => step(run, { report: (inStep = report), onChaos }).finally(() => (inStep = () => undefined)) }]
          : [],
      ), // prettier-ignore
    )
    if (dashboard !== undefined) page = await showPage(context, run, { address: dashboard, signal: over.signal })
    const { summary, produced } = await watch(context, run, () => lastEvent)
    const audit = options.audit ? await auditOf(context, run) : undefined
    output.result({ ...summary, ...(audit && { audit }) }, () => [
      ...summaryLines(summary),
      ...(summary.chaos ? ['', ...figureLines(summary.chaos)] : ['']),
      ...(audit ? reportLines(audit, output.out, summary.chaos?.total) : []),
    ])
    printReproduction(output, run, produced)
    for (const line of run.comparedWithLast()) output.note(line)
    if (audit) failOnDifference(audit)
  } finally {
    over.abort()
    await page?.ended
    await run.stop((line) => output.detail(line))
    await stopServing()
    forget()
    logs.close()
  }
}

/** Serves the page of this run until `signal` is aborted. Returns when that is done, wrapped: it is not to be waited for here. */
async function showPage(
  { output, log }: Context,
  run: AllRun,
  { address, signal }: { address: string; signal: AbortSignal },
): Promise<{ readonly ended: Promise<void> }> {
  const { showDashboard } = await import('./dashboard.ts')
  const { open, ended } = await showDashboard(run.settings, { address, signal, log })
  output.note(`The page: ${open}`)
  return { ended }
}

/** A run that was interrupted is audited too, as far as it came; a signal after that one ends it at once. */
async function auditOf(context: Context, run: AllRun): Promise<AuditReport> {
  const signal = context.signal.aborted ? new AbortController().signal : context.signal
  if (!context.signal.aborted) context.world.stopWith({ message: 'Stopping the audit', outcome: 'interrupted' })
  const choices = auditChoices(chooseWorkers(defaultWorkers, []))
  return withCluster(run.settings, context.log, (client) =>
    runAudit({ ...context, settings: run.settings }, client, choices, signal),
  )
}

function watch({ world, output, signal }: Context, run: AllRun, lastEvent: () => string) {
  const view: LiveView<Live> = {
    lines: (state, announced) =>
      liveLines(state, { columns: world.columns(), note: announced ?? lastEvent(), palette: output.err }),
    plain: plainLine,
    plainEveryMs: PLAIN_INTERVAL_MS,
  }
  return live({ world, output }, view, async ({ show, announce }) => {
    await run.watch(output.interactive ? DRAW_INTERVAL_MS : PLAIN_INTERVAL_MS, show)
    announce(signal.aborted ? 'Stopping' : 'The producers are done; the workers catch up')
    return run.finish(show)
  })
}

function printReproduction(output: Output, { flow }: AllRun, produced: readonly Produced[]): void {
  const written = kinds.map((kind) => ({ kind, records: produced.find(({ topic }) => topic === kind)?.records ?? 0 }))
  output.note('')
  output.note('The same bytes again:')
  for (const { kind, records } of written) if (records > 0) output.note(`  ${reproduceCommand(flow, kind, records)}`)
}

function summaryLines({ topics, workers, seconds, phases }: AllSummary): string[] {
  const rows = topics.map(({ topic, records, perSecond }) => [topic, records, perSecond])
  const figures = workers.map(({ worker, lag, restarts }) => [worker, lag, restarts])
  const times = Object.entries(phases).map(([phase, time]) => `${phaseNames[phase] ?? phase} ${time.toFixed(1)} s`)
  return [
    ...[...table(['topic', 'records', 'per s'], rows), ''],
    ...[...table(['worker', 'lag', 'restarts'], figures), ''],
    `${seconds.toFixed(1)} s in all: ${times.join(', ')}`,
  ]
}

const phaseNames: Readonly<Record<string, string>> = {
  firstDerivedRecord: 'first derived record after',
  catchUp: 'catching up',
}
