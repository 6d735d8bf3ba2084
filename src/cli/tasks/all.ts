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
import { warningsOnce } from '../../runtime/events.ts'
import type { SupervisorEvent } from '../../app/workers/supervisor.ts'
import type { Live } from '../../app/run/live.ts'
import { reproduceCommand, type Produced } from '../../app/producers.ts'
import { kinds } from '../../pipeline/sources/source.ts'
import { chooseWorkers } from '../../app/workers/arguments.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import type { Context } from '../shell/action.ts'
import { failOnDifference, reportLines } from '../views/audit-report.ts'
import { eventLine, figureLines } from '../views/chaos-report.ts'
import type { Supervised } from '../views/top/columns.ts'
import { plainLine } from '../views/live-view.ts'
import { table, type Output } from '../shell/output.ts'
import { eventText, isIncident } from '../views/worker-events.ts'
import { runAudit } from './audit.ts'
import { serve } from './observe.ts'
import { openTracing } from './tracing.ts'
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
  /** Shows a line in the view of the run, once there is one. */
  let inView: (line: string) => void = () => undefined
  /** Shows a line in the step that is under way, where steps are drawn. */
  let inStep: (line: string) => void = () => undefined
  const say = (line: string): void => {
    output.note(line)
    inView(line)
  }
  const workers = defaultWorkers.map(({ name }) => name)
  const logs = keepLogs(settings, { run: 'all', workers, verbose: output.verbose, log: context.log })
  const log = allOf(context.log, logs.log)
  const isNew = warningsOnce()
  const onEvent = (event: SupervisorEvent): void => {
    // what this process says of itself, its workers' say, too
    if (event.kind === 'warning' && !isNew(event)) return
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
  }
  const tracing = await openTracing(context, 'payflow-produce', (fields) => onEvent({ kind: 'warning', code: 'otel', fields })) // prettier-ignore
  const run = new AllRun(settings, options, {
    env: world.env,
    signal,
    log,
    logs,
    cwd: world.cwd,
    watched: output.interactive,
    onEvent,
    tracing: tracing?.producers,
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
    const { summary, produced } = await watch(context, run, (show) => (inView = show))
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
    await tracing?.close()
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

/** Shows a run until it is over: drawn as `top` draws a cluster, or as a line now and then. `onView` gets what shows a line in it. */
async function watch(context: Context, run: AllRun, onView: (show: (line: string) => void) => void) {
  const { output, signal } = context
  const go = async (view: RunView): ReturnType<AllRun['finish']> => {
    await run.watch(view.intervalMs, view.show)
    view.announce(signal.aborted ? 'Stopping' : 'The producers are done; the workers catch up')
    return run.finish(view.show)
  }
  if (!output.interactive) return go(plainView(output))
  return output.drawing(async () => {
    const { view, end } = await drawnView(context, run)
    onView(view.announce)
    try {
      return await go(view)
    } finally {
      onView(() => undefined)
      end()
    }
  })
}

interface RunView {
  readonly intervalMs: number
  readonly show: (live: Live) => void
  readonly announce: (line: string) => void
}

/** The first line comes after the interval: what is over by then says its result. */
function plainView(output: Output): RunView {
  let shownMs = performance.now()
  return {
    intervalMs: PLAIN_INTERVAL_MS,
    show: (live) => {
      if (performance.now() - shownMs < PLAIN_INTERVAL_MS) return
      shownMs = performance.now()
      output.note(plainLine(live))
    },
    announce: (line) => output.note(line),
  }
}

async function drawnView({ world, output }: Context, run: AllRun): Promise<{ view: RunView; end: () => void }> {
  const { TopView } = await import('./top-view.ts')
  let supervised: ReadonlyMap<string, Supervised> = new Map()
  const top = new TopView(world, output.err, {
    title: 'payflow all',
    footer: 'Ctrl-C stops the run  enter open  esc back  / filter  s sort  p pause  ? help',
    intervalMs: DRAW_INTERVAL_MS,
    // nobody who wants to leave a view expects brokers to stop
    onQuit: (view) => view.announce('Ctrl-C stops the run; `payflow top` in another terminal shows the same'),
    newest: (at, count) => run.observer.newest(at, count),
    supervised: () => supervised,
  })
  const hush = world.announceWith((line) => top.announce(line))
  const show = ({ shown, processes }: Live): void => {
    supervised = new Map(processes.map((process) => [process.worker, process]))
    top.show(shown)
  }
  return {
    view: { intervalMs: DRAW_INTERVAL_MS, show, announce: (line) => top.announce(line) },
    end: () => {
      top.end()
      hush()
    },
  }
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
