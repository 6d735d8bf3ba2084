import { PayflowError, messageOf } from '../../errors.ts'
import { noLog } from '../../log.ts'
import type { Client } from '../../kafka/client.ts'
import { readCatalog } from '../../ksql/catalog.ts'
import { NoAnswer } from '../../ksql/http.ts'
import { isPayflowTopic } from '../../pipeline/events/topics.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { CommandOptions } from '../../ksql/command.ts'
import { prepareApply, prepareDrop } from './apply.ts'
import { changingKsql } from './lock.ts'
import { activeQueries, ksqlClient, openKsql, sinkTopics } from './session.ts'

// What other commands do about ksqlDB: `all` applies its statements, and topics that it reads cannot just be deleted.

/** Applies the statements when a ksqlDB is there, and says the result in one line. */
export async function applyIfThere(
  settings: Settings,
  { ksql }: { ksql: boolean },
  options: CommandOptions,
): Promise<string> {
  if (!ksql) return 'left out'
  if (settings.ksqlUrl === undefined) return 'not there'
  return changingKsql(settings, options, () => apply(settings, options))
}

async function apply(settings: Settings, options: CommandOptions): Promise<string> {
  const { report } = options
  let prepared: Awaited<ReturnType<typeof prepareApply>>
  try {
    prepared = await prepareApply(settings, { replace: false, dryRun: false }, options)
  } catch (error) {
    if (error instanceof NoAnswer) return `not there: ${error.message}`
    throw error
  }
  const { plan, steps } = prepared
  for (const { title, run } of steps) {
    report(title)
    await run(report)
  }
  const count = (...wanted: string[]): number => plan.fates.filter(({ fate }) => wanted.includes(fate)).length
  const left = count('changed', 'waiting')
  const others = left === 0 ? '' : `, ${left} not as described: \`payflow ksql apply --replace\``
  return `at ${settings.ksqlUrl!}, ${count('create')} created, ${count('keep', 'resume')} kept${others}`
}

/** Drops what payflow created in a ksqlDB that is there, so that its topics can be deleted. */
async function dropIfThere(settings: Settings, options: CommandOptions): Promise<void> {
  const { signal, report, log } = options
  if (settings.ksqlUrl === undefined) return
  try {
    await ksqlClient(settings).info(signal)
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    log('debug', 'ksqldb-away', { error: error.message })
    return
  }
  await changingKsql(settings, options, async () => {
    const { steps } = await prepareDrop(settings, { dryRun: false }, options)
    for (const { title, run } of steps) {
      report(`ksqlDB: ${title}`)
      await run(report)
    }
  })
}

interface KnownQueries {
  readonly service: string
  readonly queries: readonly string[]
}

/** What the ksqlDB that is known runs on payflow's topics; undefined when none answers. */
async function knownQueries(
  settings: Settings,
  { options: { log = noLog } }: Client,
  signal: AbortSignal,
): Promise<KnownQueries | undefined> {
  if (settings.ksqlUrl === undefined) return undefined
  try {
    const { client, info } = await openKsql(settings, signal)
    const { queries, sources } = await readCatalog(client, signal)
    const sinks = new Set(sinkTopics())
    const isOurs = (name: string): boolean => {
      const { topic } = sources.get(name) ?? {}
      return topic !== undefined && (isPayflowTopic(topic) || sinks.has(topic))
    }
    const using = queries.filter((query) => [...query.sources, ...query.sinks].some(isOurs))
    return { service: info.ksqlServiceId, queries: using.map(({ id }) => id).sort() }
  } catch (error) {
    if (!(error instanceof PayflowError)) throw error
    log('info', 'ksqldb-not-asked', { error: messageOf(error) })
    return undefined
  }
}

/**
 * Queries of ksqlDBs that read or write payflow's topics. The one that is known is asked; others are found by their consumer groups,
 * which live on for a session timeout when a query has ended.
 */
export async function queriesOnTopics(settings: Settings, kafka: Client, signal: AbortSignal): Promise<string[]> {
  const known = await knownQueries(settings, kafka, signal)
  const others = (await activeQueries(kafka)).filter(({ service }) => service !== known?.service)
  return [...(known?.queries ?? []), ...others.map(({ service, sink }) => `${sink} (service ${service})`)]
}

/** @throws PayflowError when queries run on the topics that would be deleted: they would die of it, or go on with half of their input */
export async function refuseWhileQueried(settings: Settings, kafka: Client, signal: AbortSignal): Promise<void> {
  const queries = await queriesOnTopics(settings, kafka, signal)
  if (queries.length === 0) return
  throw new PayflowError('KSQL_QUERIES_RUNNING', `Queries of ksqlDB run on these topics: ${queries.join(', ')}`, {
    kind: 'failed',
    hint: 'in this order: payflow ksql drop, payflow topics reset, payflow ksql apply',
  })
}

/** Makes the way free for deleting payflow's topics. @throws PayflowError when other queries run on them */
export async function freeTopics(
  settings: Settings,
  kafka: Client,
  { ksql }: { ksql: boolean },
  options: CommandOptions,
): Promise<void> {
  if (ksql) await dropIfThere(settings, options)
  await refuseWhileQueried(settings, kafka, options.signal)
}
