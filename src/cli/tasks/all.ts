import { AllRun, type AllOptions, type Live } from '../../app/all.ts'
import type { AllSummary } from '../../app/all-summary.ts'
import { kinds, reproduceCommand, type Produced } from '../../app/producers.ts'
import type { Context } from '../action.ts'
import { liveLines, plainLine } from '../live-view.ts'
import { table, type Output } from '../output.ts'
import { Screen } from '../screen.ts'
import { runSteps } from './steps.ts'

const drawIntervalMs = 1_000
const plainIntervalMs = 10_000

/** Runs everything, shows it, and ends what it started, whatever happens in between. */
export async function runAll(context: Context, options: AllOptions): Promise<void> {
  const { world, settings, output, signal } = context
  world.stopWith({ message: 'Stopping: producers flush, workers end their transactions', outcome: 'done' })
  let lastEvent = ''
  const run = new AllRun(settings, world.env, options, {
    signal,
    onEvent: ({ worker, kind, message }) => {
      const line = `${worker}: ${message}`
      if (kind === 'died') output.note((lastEvent = line))
      else output.detail(line)
    },
  })
  const forget = world.atForcedExit(() => run.kill())
  try {
    await runSteps(world, output, [
      { title: 'Brokers', run: (report) => run.brokers(report) },
      { title: 'Topics', run: (report) => run.topics(report) },
      { title: 'Workers', run: (report) => run.workers(report) },
      { title: 'ksqlDB', run: () => Promise.resolve(run.ksqlUrl === undefined ? 'not there' : `at ${run.ksqlUrl}`) },
      { title: 'Producers', run: () => Promise.resolve(run.produce()) },
    ])
    const { summary, produced } = await watch(context, run, () => lastEvent)
    output.result(summary, () => summaryLines(summary))
    printReproduction(output, run, produced)
  } finally {
    await run.stop((line) => output.detail(line))
    forget()
  }
}

async function watch({ world, output, signal }: Context, run: AllRun, lastEvent: () => string) {
  const follow = async (view: View) => {
    try {
      await run.watch(drawIntervalMs, view.show)
      view.announce(signal.aborted ? 'Stopping' : 'The producers are done; the workers catch up')
      return await run.finish(view.show)
    } finally {
      view.end()
    }
  }
  if (!output.interactive) return follow(livePlain(output))
  return output.drawing(() => follow(liveScreen(world, output, lastEvent)))
}

function printReproduction(output: Output, { flow }: AllRun, produced: readonly Produced[]): void {
  const written = kinds.map((kind) => ({ kind, records: produced.find(({ topic }) => topic === kind)?.records ?? 0 }))
  output.note('')
  output.note('The same bytes again:')
  for (const { kind, records } of written) if (records > 0) output.note(`  ${reproduceCommand(flow, kind, records)}`)
}

interface View {
  readonly show: (live: Live) => void
  readonly announce: (line: string) => void
  readonly end: () => void
}

function livePlain(output: Output): View {
  let shownMs = performance.now()
  return {
    show: (live) => {
      if (performance.now() - shownMs < plainIntervalMs) return
      shownMs = performance.now()
      output.note(plainLine(live))
    },
    announce: (line) => output.note(line),
    end: () => undefined,
  }
}

function liveScreen(world: Context['world'], output: Output, lastEvent: () => string): View {
  const screen = new Screen(world)
  let announced: string | undefined
  let latest: Live | undefined
  const draw = (): void => {
    if (latest === undefined) return
    screen.draw(liveLines(latest, { columns: world.columns(), note: announced ?? lastEvent(), palette: output.err }))
  }
  const announce = (line: string): void => {
    announced = line
    draw()
  }
  const hush = world.announceWith(announce)
  return {
    show: (live) => {
      latest = live
      draw()
    },
    announce,
    end: () => {
      screen.end()
      hush()
    },
  }
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
