import { prepareApply, prepareDrop, type KsqlRun } from '../../app/ksql/apply.ts'
import { changingKsql } from '../../app/ksql/lock.ts'
import { PayflowError } from '../../errors.ts'
import type { Plan } from '../../ksql/plan.ts'
import type { Context } from '../shell/action.ts'
import { confirm } from '../shell/confirm.ts'
import { actionTitles, orderLines, planDocument, planLines } from '../views/ksql-view.ts'
import { runSteps } from './steps.ts'

/** Runs a preparation as a separate step: it may wait for a server that starts. */
async function prepared<Result>(
  { world, output }: Context,
  prepare: (report: (line: string) => void) => Promise<Result>,
  words: (result: Result) => string,
): Promise<Result> {
  let result: Result | undefined
  const run = async (report: (line: string) => void): Promise<string> => words((result = await prepare(report)))
  await runSteps(world, output, [{ title: 'ksqlDB', run }])
  return result!
}

async function carryOut({ world, output }: Context, { steps }: Pick<KsqlRun<unknown>, 'steps'>): Promise<void> {
  world.stopWith({ message: 'Stopping; what is done stays', outcome: 'interrupted' })
  await runSteps(world, output, steps)
}

/** A dry run changes nothing, and waits for nobody. */
async function alone({ settings, output, signal, log }: Context, dryRun: boolean, action: () => Promise<void>) {
  if (dryRun) await action()
  else await changingKsql(settings, { report: (line) => output.note(line), signal, log }, action)
}

interface ApplyOptions {
  readonly replace: boolean
  readonly dryRun: boolean
  readonly yes: boolean
}

export const applyKsql = (context: Context, options: ApplyOptions): Promise<void> =>
  alone(context, options.dryRun, () => apply(context, options))

async function apply(context: Context, { replace, dryRun, yes }: ApplyOptions): Promise<void> {
  const { settings, output, signal, log } = context
  const { plan, steps } = await prepared(
    context,
    (report) => prepareApply(settings, { replace, dryRun }, { signal, report, log }),
    ({ plan: { actions, fates } }) => `${fates.length} statements, ${actions.length} steps to do`,
  )
  if (dryRun) {
    output.result(planDocument(plan), () => [...planLines(plan), ...orderLines(plan)])
    return
  }
  const doomed = plan.actions.flatMap((step) => (step.do === 'delete-topic' ? [step.statement.topic] : []))
  if (doomed.length > 0) {
    const question = `Delete ${doomed.join(', ')} at ${settings.brokers.join(', ')}, to be filled again?`
    await confirm(context, question, yes || !settings.brokersGiven)
  }
  await carryOut(context, { steps })
  output.result({ applied: true, ...planDocument(plan) }, () => planLines(plan))
  refuseLeft(plan)
}

/** What was left as it is although it is not as described: who relies on the SQL has to know. */
function refuseLeft({ fates }: Plan): void {
  const left = fates.filter(({ fate }) => fate === 'changed' || fate === 'waiting')
  if (left.length === 0) return
  throw new PayflowError(
    'KSQL_CHANGED',
    `Not as described: ${left.map(({ statement }) => statement.name).join(', ')}`,
    {
      kind: 'failed',
      hint: 're-create them with `payflow ksql apply --replace`: their topics are deleted and refilled',
    },
  )
}

type DropOptions = Omit<ApplyOptions, 'replace'>

export const dropKsql = (context: Context, options: DropOptions): Promise<void> =>
  alone(context, options.dryRun, () => drop(context, options))

async function drop(context: Context, { dryRun, yes }: DropOptions): Promise<void> {
  const { settings, output, signal, log } = context
  const { plan, steps } = await prepared(
    context,
    (report) => prepareDrop(settings, { dryRun }, { signal, report, log }),
    ({ plan: { actions } }) => (actions.length === 0 ? 'nothing of payflow there' : `${actions.length} steps to do`),
  )
  const titles = actionTitles(plan.actions)
  const left = plan.left.map(({ statement: { name }, finding }) => ({ name, why: 'why' in finding ? finding.why : '' }))
  const leftLines = left.map(({ name, why }) => `left alone: ${name}: ${why}`)
  if (dryRun) {
    output.result({ actions: titles, left }, () => [...titles, ...leftLines])
    return
  }
  if (titles.length > 0) {
    const topics = plan.actions.filter((step) => step.do === 'delete-topic').length
    await confirm(context, `Drop payflow's streams and tables in ksqlDB, and delete ${topics} topics?`, yes)
    await carryOut(context, { steps })
  }
  output.result({ dropped: true, actions: titles, left }, () => [
    titles.length === 0 ? 'nothing to drop' : `dropped in ${titles.length} steps`,
    ...leftLines,
  ])
}
