import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { addIntervalOptions, anySeed, intervalsOf, type TypedIntervals } from './chaos-options.ts'
import { duration, seed } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

interface TypedChaos extends TypedIntervals {
  readonly for?: number
  readonly seed?: number
  readonly dryRun?: boolean
}

const USUAL_DURATION_MS = 60_000

export function registerChaos(program: Command, world: World): void {
  const chaos = program
    .command('chaos')
    .description('break what payflow itself runs, let it recover, then audit the result')
    .option('--for <time>', 'how long (1m)', duration)
    .option('--seed <n>', 'the same seed and options give the same plan (a random one, which is shown)', seed)
  addIntervalOptions(chaos).option('--dry-run', 'only show the plan').action(action(world, run))
  examples(
    chaos,
    'payflow chaos --for 60s',
    'payflow chaos --for 5m --seed 7 --mixed',
    'payflow chaos --kill-worker 1s --no-restart-broker --no-scale',
    'payflow chaos --for 60s --seed 7 --dry-run',
  )
}

async function run(context: Context, typed: TypedChaos): Promise<void> {
  const { settings, world, output, signal, log } = context
  const { possibleIntervals, planOptionsOf } = await import('../../app/chaos/options.ts')
  const durationMs = typed.for ?? USUAL_DURATION_MS
  const { intervals, left } = await possibleIntervals(settings, world.env, { wanted: intervalsOf(typed), log })
  const options = { seed: typed.seed ?? anySeed(), durationMs, mixed: typed.mixed ?? false, intervals }
  if (left.length > 0) output.note(`Without ${left.join(', ')}: the brokers are not payflow's own`)
  if (typed.dryRun === true) {
    const { planOf } = await import('../../app/chaos/plan.ts')
    const { planLines } = await import('../views/chaos-report.ts')
    const plan = planOf(planOptionsOf(settings, options), options.durationMs)
    output.result(plan, () => planLines(plan))
    return
  }
  world.stopWith({ message: 'Healing what is broken', outcome: 'interrupted' })
  const { auditChoices, hasRule } = await import('../../app/audit/audit.ts')
  const { runChaos } = await import('../../app/chaos/run.ts')
  const { withCluster } = await import('../../app/cluster.ts')
  const { failOnDifference, reportLines } = await import('../views/audit-report.ts')
  const { eventLine, figureLines } = await import('../views/chaos-report.ts')
  const { runAudit } = await import('../tasks/audit.ts')
  output.note(`seed ${options.seed}, ${durationMs / 1000} s`)
  let forget = (): void => undefined
  try {
    const { report, choices } = await runChaos(settings, { env: world.env, cwd: world.cwd, log }, options, {
      signal,
      onEvent: (event) => output.note(eventLine(event)),
      onStart: (chaos) => (forget = world.atForcedExit(() => chaos.endNow())),
    })
    for (const { definition } of choices.filter((choice) => !hasRule(choice)))
      output.note(`${definition.name} is left out of the audit: its definition says nothing of what it must write`)
    const known = auditChoices(choices.filter(hasRule))
    if (report.catchUpMs === undefined || known.length === 0) {
      output.result(report, () => figureLines(report))
      return
    }
    const audit = await withCluster(settings, log, (client) => runAudit(context, client, known, signal))
    const lines = (): string[] => [...figureLines(report), ...reportLines(audit, output.out, report.total)]
    output.result({ ...report, audit }, lines)
    failOnDifference(audit)
  } finally {
    forget()
  }
}
