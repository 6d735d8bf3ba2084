import { resolve } from 'node:path'
import { expandHome } from './home-directory.ts'
import { namedConfigFile } from './config-file.ts'
import { check, gather, type Given, type Origin, type SettingSources } from './gather.ts'
import { readRecord, type InfraRecord } from './infra-record.ts'
import { usage } from './refuse.ts'
import { settingNames, type SettingName, type Values } from './table.ts'

type Durations = 'sessionTimeout' | 'transactionTimeout' | 'linger'

export interface Settings extends Omit<Values, 'brokers' | Durations> {
  /** Where to reach Kafka: given, or recorded by `infra up`, or the configured port of this machine (none: any free one). */
  readonly brokers: string[]
  /** Somebody named the brokers: they are not payflow's own. */
  readonly brokersGiven: boolean
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly lingerMs: number
  readonly record: InfraRecord | undefined
  /** The settings file that was named; undefined: the usual one, if there is any. */
  readonly configFile: string | undefined
  readonly origins: Readonly<Record<SettingName, Origin>>
}

const INFRA_UP: Origin = { kind: 'infra', text: 'infra up' }

const sameAddresses = (a: readonly string[], b: readonly string[]): boolean =>
  [...a].sort().join() === [...b].sort().join()

/** All settings: option > environment > config file > what `infra up` recorded > default. @throws PayflowError (usage) */
export function resolveSettings(sources: SettingSources): Settings {
  const configFile = namedConfigFile(sources.options.config, sources.env, sources.cwd)
  const given = gather(sources, configFile)
  const values = check(given)
  const origins = Object.fromEntries(settingNames.map((name) => [name, given[name].origin])) as Record<SettingName, Origin> // prettier-ignore
  const { engine, brokers } = chooseSource(values, given)
  const home = resolve(sources.cwd, expandHome(values.home))
  const known = readRecord(home)
  const record = known !== undefined && (engine === 'auto' || engine === known.engine) ? known : undefined
  // What `infra up` told people to export is still payflow's own cluster.
  const own = brokers === undefined || (engine === 'auto' && sameAddresses(brokers, record?.brokers ?? []))
  const recorded = own ? record : undefined
  if (recorded !== undefined) origins.brokers = INFRA_UP
  const ksqlUrl = values.ksqlUrl ?? recorded?.ksql ?? undefined
  if (values.ksqlUrl === undefined && ksqlUrl !== undefined) origins.ksqlUrl = INFRA_UP
  // Who says nothing means the Kafka that runs.
  const kafka = origins.kafka.kind === 'default' ? (recorded?.kafka ?? values.kafka) : values.kafka
  if (kafka !== values.kafka) origins.kafka = INFRA_UP
  const { sessionTimeout, transactionTimeout, linger, ...plain } = values
  const usual = values.kafkaPort === 0 ? [] : [`127.0.0.1:${values.kafkaPort}`]
  return {
    ...plain,
    ...{ engine, home, kafka, ksqlUrl, record: recorded, configFile, origins },
    brokers: recorded?.brokers ?? brokers ?? usual,
    brokersGiven: !own,
    sessionTimeoutMs: sessionTimeout,
    transactionTimeoutMs: transactionTimeout,
    lingerMs: linger,
  }
}

const rank = { option: 3, environment: 2, file: 1, infra: 0, default: 0 } as const

/** Brokers that already run do not go with an engine that starts some: whichever was said in the stronger place counts. */
function chooseSource(
  { engine, brokers }: Values,
  { engine: engineGiven, brokers: brokersGiven }: Record<SettingName, Given>,
): Pick<Values, 'engine' | 'brokers'> {
  if (engine === 'external' && brokers === undefined)
    throw usage('BROKERS_MISSING', 'The engine "external" needs brokers', 'add --brokers host:port')
  if (brokers === undefined || engine === 'auto' || engine === 'external') return { engine, brokers }
  const difference = rank[brokersGiven.origin.kind] - rank[engineGiven.origin.kind]
  if (difference > 0) return { engine: 'auto', brokers }
  if (difference < 0) return { engine, brokers: undefined }
  throw usage(
    'ENGINE_CONFLICT',
    `${engineGiven.origin.text} says ${engine}, but ${brokersGiven.origin.text} names brokers that run already`,
    'leave out one of the two',
  )
}
