import type { Log } from '../log.ts'
import { connectionOf } from '../settings/connection.ts'
import { chooseEngine } from '../infra/choose.ts'
import type { Engine, InfraOptions, InfraStatus } from '../infra/engine.ts'
import type { ProcessIdentity } from '../infra/processes.ts'
import type { Settings } from '../settings/resolve.ts'
import type { Report } from './cluster.ts'
import { quoted } from '../quoted.ts'

interface EngineWish {
  readonly log: Log
  readonly ksql?: boolean
  /** What it starts ends with this process. */
  readonly run?: ProcessIdentity | undefined
}

function infraOptions(settings: Settings, env: NodeJS.ProcessEnv, { log, ksql = true, run }: EngineWish): InfraOptions {
  const { home, kafkaPort, zookeeperPort, ksqlPort, nodes, kafka, ksqlUrl, brokersGiven, origins } = settings
  return {
    ...{ home, kafkaPort, zookeeperPort, ksqlPort, nodes, ksql, env, log },
    ...(ksqlUrl !== undefined && origins.ksqlUrl.kind !== 'infra' && { ksqlUrl }),
    ...(brokersGiven && { connection: connectionOf(settings) }),
    ...(run && { run }),
    ...(origins.kafka.kind !== 'default' && { kafka }),
  }
}

/** The engine that the settings mean here, and why. */
export function engineOf(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  wish: EngineWish,
): Promise<{ engine: Engine; reason: string }> {
  return chooseEngine(settings.engine, infraOptions(settings, env, wish))
}

/** What must be the same for two starts to be compared. */
export const kindOfStart = (command: string, { nodes }: Settings, { engine, kafka }: InfraStatus): string =>
  `${command}, engine ${engine}, Kafka ${kafka ?? 'of somebody else'}, ${nodes === 1 ? 'one node' : `${nodes} nodes`}`

/** The settings as they are once the brokers of `status` run. */
export const reaching = (settings: Settings, { brokers, ksql }: InfraStatus): Settings => ({
  ...settings,
  brokers,
  ksqlUrl: ksql ?? settings.ksqlUrl,
})

/** The commands that let other programs of this shell reach the brokers. */
export function exportsOf({ home, origins }: Settings, { brokers, ksql }: InfraStatus): string[] {
  return [
    `export PAYFLOW_BROKERS=${brokers.join(',')}`,
    ...(ksql === null ? [] : [`export PAYFLOW_KSQL_URL=${ksql}`]),
    ...(origins.home.kind === 'default' ? [] : [`export PAYFLOW_HOME=${quoted(home)}`]),
  ]
}

/** Brings the brokers up. `onEngine` gets the engine before it starts anything. `causes`: why it took longer than it usually does. */
export async function up(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  wish: EngineWish,
  { report, signal, onEngine }: { report: Report; signal: AbortSignal; onEngine: (engine: Engine) => void },
): Promise<{ status: InfraStatus; started: boolean; causes: readonly string[] }> {
  const { engine, reason } = await engineOf(settings, env, wish)
  onEngine(engine)
  report(`engine ${reason}`)
  const causes = new Set<string>()
  const { started, ...status } = await engine.up((line, because) => {
    if (because !== undefined) causes.add(because)
    report(line)
  }, signal)
  return { status, started, causes: [...causes] }
}
