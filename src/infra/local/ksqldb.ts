import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PayflowError } from '../../errors.ts'
import { listensOn } from '../port-owner.ts'
import { poll } from '../poll.ts'
import { becomesFree, claimPort } from '../ports.ts'
import { ksqldbProperties, renderProperties } from './properties.ts'
import { inHome, logPath, type Layout } from './layout.ts'
import { markOptions } from './mark.ts'
import { addressOf, propertiesPath, readStates, startProgram, stopService, type Service } from './services.ts'
import { explainDeath, seconds, tooSlow, whileAlive, type StartContext } from './start.ts'

const START_TIMEOUT_MS = 120_000
const ANSWER_TIMEOUT_MS = 3_000
const GRACE_MS = 15_000
export const USUAL_KSQL_PORT = 8088

export const ksqlUrlOf = (service: Service): string => `http://${addressOf(service)}`

/**
 * The program that starts ksqlDB, of the installation that KSQL_HOME or CONFLUENT_HOME names; undefined when neither does.
 * @throws PayflowError (infra) when there is none in it
 */
export function ksqldbProgram(env: NodeJS.ProcessEnv): string | undefined {
  const variable = ['KSQL_HOME', 'CONFLUENT_HOME'].find((name) => (env[name] ?? '') !== '')
  if (variable === undefined) return undefined
  const program = join(env[variable]!, 'bin', 'ksql-server-start')
  if (existsSync(program)) return program
  throw new PayflowError('KSQL_HOME_INVALID', `There is no ksqlDB at ${variable}: ${program} does not exist`, {
    kind: 'infra',
    hint: `let ${variable} name the directory that has bin/ksql-server-start in it, or leave ksqlDB out with --no-ksql`,
  })
}

/** Whether it serves requests, by its own word. */
async function isHealthy(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthcheck`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
    return answer.ok && ((await answer.json()) as { isHealthy?: unknown }).isHealthy === true
  } catch {
    return false // not yet, or not any more: it is asked again
  }
}

const environmentFor = (layout: Layout, env: NodeJS.ProcessEnv, marks: readonly string[]): NodeJS.ProcessEnv => ({
  ...env,
  LOG_DIR: inHome(layout, layout.logs),
  KSQL_HEAP_OPTS: env.KSQL_HEAP_OPTS ?? '-Xmx1g',
  KSQL_LOG4J_OPTS: `-Dlog4j.configuration=file:run/log4j.properties -Dpayflow.log=${inHome(layout, logPath(layout, 'ksqldb'))}`,
  // A time without a zone is read in the server's; the workers read it as UTC.
  KSQL_OPTS: `${env.KSQL_OPTS ?? ''} -Duser.timezone=UTC ${marks.join(' ')}`.trim(),
})

function isRunningWith({ layout }: Pick<StartContext, 'layout'>, properties: string): boolean {
  const path = propertiesPath(layout, 'ksqldb')
  return existsSync(path) && readFileSync(path, 'utf8') === properties
}

/** Sees to it that ksqlDB serves requests about these brokers: keeps the one that does, or starts one. */
export async function ensureKsqldb(
  context: Omit<StartContext, 'java'>,
  program: string,
  { port: wanted, brokers, former }: { port: number; brokers: readonly string[]; former: number | undefined },
): Promise<void> {
  const { layout, env, nodes, report, signal, started, run } = context
  const propertiesFor = (port: number): string =>
    renderProperties(ksqldbProperties({ port, nodes, brokers, data: inHome(layout, layout.data) }))
  const running = readStates(layout).ksqldb
  if (running) {
    if (isRunningWith(context, propertiesFor(running.port)) && (await isHealthy(running.port))) return
    report(`ksqldb (pid ${running.pid}) does not serve these brokers: stopping it`)
    await stopService(layout, running, GRACE_MS)
  }
  const again = running?.port ?? former
  const reuse = again !== undefined && (wanted === 0 || wanted === again) && (await becomesFree(again))
  const port = reuse ? again : await claimPort(wanted, 'PAYFLOW_KSQL_PORT')
  const since = Date.now()
  const environment = environmentFor(layout, env, markOptions({ home: layout.home, name: 'ksqldb', port, run }))
  const service = startProgram(layout, 'ksqldb', port, { command: program, args: [propertiesPath(layout, 'ksqldb')], properties: propertiesFor(port), env: environment, run }) // prettier-ignore
  started.push(service)
  const healthy = async (inner: AbortSignal): Promise<void> => {
    const probe = async () => ((await isHealthy(port)) && listensOn(service.pid, port) ? true : undefined)
    if (!(await poll(probe, { timeoutMs: START_TIMEOUT_MS, intervalMs: 200, signal: inner })))
      throw tooSlow(layout, service, START_TIMEOUT_MS)
  }
  try {
    await whileAlive([service], signal, healthy)
  } catch (error) {
    throw explainDeath(error, context)
  }
  report(`ksqlDB answers on ${ksqlUrlOf(service)} (${seconds(since)})`)
}
