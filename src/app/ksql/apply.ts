import type { Log } from '../../log.ts'
import { PayflowError } from '../../errors.ts'
import { deleteTopics } from '../../kafka/topic-deletion.ts'
import { perform, titleOf } from '../../ksql/actions.ts'
import { readCatalog, type Catalog } from '../../ksql/catalog.ts'
import { waitUntilReady, type CommandOptions } from '../../ksql/command.ts'
import { examine, type Examined } from '../../ksql/examine.ts'
import { planApply, planDrop, type Action, type Plan } from '../../ksql/plan.ts'
import { problemsOf } from '../../ksql/health.ts'
import { settle } from '../../ksql/settle.ts'
import { loadStatements, type Statement } from '../../ksql/statements.ts'
import { validate } from '../../ksql/validate.ts'
import type { Settings } from '../../settings/resolve.ts'
import { withCluster } from '../cluster.ts'
import { checkSameCluster, ksqlClient, openKsql, type KsqlSession } from './session.ts'

interface KsqlStep {
  readonly title: string
  readonly run: (report: (line: string) => void) => Promise<string>
}

/** A plan and the steps that carry it out, one after the other. */
export interface KsqlRun<Planned> {
  readonly plan: Planned
  readonly steps: readonly KsqlStep[]
}

/** @throws PayflowError that names the topics which a stream is to describe, but which are not there */
function checkInputs(statements: readonly Statement[], { topics }: Catalog): void {
  const written = new Set(statements.flatMap(({ derived, topic }) => (derived ? [topic] : [])))
  const needed = statements.filter(({ derived, topic }) => !derived && !written.has(topic))
  const missing = [...new Set(needed.map(({ topic }) => topic))].filter((topic) => !topics.has(topic))
  if (missing.length > 0)
    throw new PayflowError('KSQL_TOPICS_MISSING', `ksqlDB sees no topic ${missing.join(', ')}; nothing was applied`, {
      kind: 'failed',
      hint: 'create what is missing with `payflow topics create`',
    })
}

/** Steps that stop at the first failure, and then say how far they came. */
function stepsOf(
  settings: Settings,
  session: KsqlSession,
  actions: readonly Action[],
  options: Omit<CommandOptions, 'report'>,
): KsqlStep[] {
  const { signal, log } = options
  const remove = (topic: string) => withCluster(settings, log, (kafka) => deleteTopics(kafka, [topic], { signal }))
  return actions.map((action, i) => ({
    title: titleOf(action),
    run: async (report) => {
      try {
        await perform(session.client, action, remove, { ...options, report })
        return 'done'
      } catch (error) {
        throw halfway(error, actions, i)
      }
    },
  }))
}

function halfway(error: unknown, actions: readonly Action[], done: number): unknown {
  if (!(error instanceof PayflowError) || done === 0) return error
  const { code, message, kind, hint = 'run this again' } = error
  const last = titleOf(actions[done - 1]!)
  return new PayflowError(code, message, {
    kind,
    hint: `${hint}; ${done} of ${actions.length} steps were done, the last: ${last}. What is done stays: run this again to go on`,
    cause: error,
  })
}

/** Looks whether what was applied is there, and written: somebody else may have changed it at the same time. */
const checkOf = ({ client }: KsqlSession, { fates }: Plan, { signal }: Omit<CommandOptions, 'report'>): KsqlStep => ({
  title: 'check what is there',
  run: async () => {
    const applied = fates.filter(({ fate }) => ['create', 'replace', 'resume', 'keep'].includes(fate))
    const problems = problemsOf(applied.map(({ statement }) => statement), await readCatalog(client, signal)) // prettier-ignore
    if (problems.length === 0) return 'all of it is there, and written'
    throw new PayflowError(
      'KSQL_CHANGED_MEANWHILE',
      `Applied, but changed by somebody else at the same time: ${problems.map(({ name, words }) => `${name}: ${words}`).join('; ')}`,
      { kind: 'failed', hint: 'run `payflow ksql apply --replace` when nobody else changes this ksqlDB' },
    )
  },
})

async function checkBeforeDeleting(
  settings: Settings,
  session: KsqlSession,
  actions: readonly Action[],
  log: Log,
): Promise<void> {
  if (actions.some((action) => action.do === 'delete-topic'))
    await withCluster(settings, log, (kafka) => checkSameCluster(kafka, session))
}

/** Compares the SQL files with what the ksqlDB holds. Nothing is changed before the steps run; `dryRun` has the new ones validated too. */
export async function prepareApply(
  settings: Settings,
  { replace, dryRun }: { replace: boolean; dryRun: boolean },
  options: CommandOptions,
): Promise<KsqlRun<Plan>> {
  const { signal } = options
  const client = ksqlClient(settings)
  const session = { client, info: await waitUntilReady(client, options) }
  if (!dryRun) await settle(client, options)
  const statements = loadStatements()
  const catalog = await readCatalog(client, signal)
  checkInputs(statements, catalog)
  options.report(`comparing ${statements.length} statements with ${catalog.sources.size} streams and tables`)
  const plan = planApply(await examine(client, statements, catalog, { signal }), { replace })
  if (dryRun) await validate(client, plan, signal)
  else await checkBeforeDeleting(settings, session, plan.actions, options.log)
  const steps = stepsOf(settings, session, plan.actions, options)
  return { plan, steps: steps.length === 0 ? [] : [...steps, checkOf(session, plan, options)] }
}

/** Finds what there is of payflow's in the ksqlDB; the steps drop it. */
export async function prepareDrop(
  settings: Settings,
  { dryRun }: { dryRun: boolean },
  options: CommandOptions,
): Promise<KsqlRun<{ actions: Action[]; left: Examined[] }>> {
  const { signal } = options
  const session = await openKsql(settings, signal)
  const { client } = session
  if (!dryRun) await settle(client, options)
  const catalog = await readCatalog(client, signal)
  const examined = await examine(client, loadStatements(), catalog, {
    compared: ({ derived }) => !derived,
    signal,
  })
  const plan = planDrop(examined)
  if (!dryRun) await checkBeforeDeleting(settings, session, plan.actions, options.log)
  return { plan, steps: stepsOf(settings, session, plan.actions, options) }
}
