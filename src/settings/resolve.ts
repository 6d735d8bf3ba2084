import { connectionRows } from './connection-rows.ts'
import { resolve } from 'node:path'
import { saysTls } from './address.ts'
import { expandHome } from './home-directory.ts'
import { configSourceOf, type ConfigSource } from './config-file.ts'
import { check, compareOrigins, gather, type Given, type Origin, type SettingSources } from './gather.ts'
import { readRecord, type InfraRecord } from './infra-record.ts'
import { usage } from './refuse.ts'
import { isPemText } from './pem.ts'
import { rowOf, settingNames, type SettingName, type Values } from './table.ts'

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
  /** The settings file that counts, named or found. */
  readonly config: ConfigSource | undefined
  readonly origins: Readonly<Record<SettingName, Origin>>
}

/** To name one of them is to want TLS. */
const tlsFiles = ['tlsCa', 'tlsCert', 'tlsPfx'] as const

const infraUp: Origin = { kind: 'infra', text: 'infra up' }

const sameAddresses = (a: readonly string[], b: readonly string[]): boolean =>
  [...a].sort().join() === [...b].sort().join()

/** Paths as absolute ones: whoever reads them may work elsewhere. */
function withPaths(values: Values, cwd: string): Values {
  const isPath = (name: SettingName, value: unknown): value is string =>
    typeof value === 'string' && ['file', 'pem'].includes(rowOf(name).kind.is) && !isPemText(value)
  const absolute = Object.entries(values).map(([name, value]) => [name, isPath(name as SettingName, value) ? resolve(cwd, expandHome(value)) : value]) // prettier-ignore
  return Object.fromEntries(absolute) as Values
}

function refuseKeyInOption({ tlsKey }: Values, given: Record<SettingName, Given>): void {
  if (given.tlsKey.origin.kind === 'option' && given.tlsKey.origin.text === '--tls-key' && isPemText(tlsKey ?? ''))
    throw usage('SECRET_IN_OPTION', '--tls-key names a file; a key itself would be there for everybody to read', 'name its file, or put the key into PAYFLOW_TLS_KEY') // prettier-ignore
}

/** Variables and files may be there for another cluster; an option is meant for this command, and would have no effect without a word. */
function refuseSecurityOfOwnBrokers(values: Values, origins: Readonly<Record<SettingName, Origin>>): void {
  const names = Object.keys(connectionRows) as (keyof typeof connectionRows)[]
  const typed = names.find((name) => origins[name].kind === 'option' && values[name] !== 'off')
  if (typed === undefined) return
  const flag = origins[typed].text
  throw usage('SECURITY_NOT_USED', `${flag} is for brokers of your own: those that payflow starts speak plain text on this machine`, `name yours with --brokers (PAYFLOW_BROKERS), or leave ${flag} out`) // prettier-ignore
}

/** All settings: option > environment > config file > what `infra up` recorded > default. @throws PayflowError (usage) */
export function resolveSettings(sources: SettingSources): Settings {
  const config = configSourceOf(sources.options.config, sources.env, sources.cwd)
  const configFile = config?.named === true ? config.path : undefined
  const given = gather(sources, config)
  const values = withPaths(check(given), sources.cwd)
  refuseKeyInOption(values, given)
  const origins = Object.fromEntries(settingNames.map((name) => [name, given[name].origin])) as Record<SettingName, Origin> // prettier-ignore
  const { engine, brokers } = chooseSource(values, given)
  const home = resolve(sources.cwd, expandHome(values.home))
  const known = readRecord(home)
  const record = known !== undefined && (engine === 'auto' || engine === known.engine) ? known : undefined
  // What `infra up` told people to export is still payflow's own cluster.
  const own = brokers === undefined || (engine === 'auto' && sameAddresses(brokers, record?.brokers ?? []))
  if (own) refuseSecurityOfOwnBrokers(values, origins)
  const recorded = own ? record : undefined
  if (recorded !== undefined) origins.brokers = infraUp
  const implies = saysTls(given.brokers.value) ? 'brokers' : tlsFiles.find((name) => values[name] !== undefined)
  const tls = values.tls ?? (implies === undefined ? undefined : 'on')
  if (values.tls === undefined && implies !== undefined) origins.tls = origins[implies]
  const ksqlUrl = values.ksqlUrl ?? recorded?.ksql ?? undefined
  if (values.ksqlUrl === undefined && ksqlUrl !== undefined) origins.ksqlUrl = infraUp
  // Who says nothing means the Kafka that runs.
  const kafka = origins.kafka.kind === 'default' ? (recorded?.kafka ?? values.kafka) : values.kafka
  if (kafka !== values.kafka) origins.kafka = infraUp
  const { sessionTimeout, transactionTimeout, linger, ...plain } = values
  const usual = values.kafkaPort === 0 ? [] : [`127.0.0.1:${values.kafkaPort}`]
  return {
    ...plain,
    ...{ engine, home, kafka, ksqlUrl, tls, record: recorded, configFile, config, origins },
    brokers: recorded?.brokers ?? brokers ?? usual,
    brokersGiven: !own,
    sessionTimeoutMs: sessionTimeout,
    transactionTimeoutMs: transactionTimeout,
    lingerMs: linger,
  }
}

/** Brokers that already run do not go with an engine that starts some: whichever was said in the stronger place counts. */
function chooseSource(
  { engine, brokers }: Values,
  { engine: engineGiven, brokers: brokersGiven }: Record<SettingName, Given>,
): Pick<Values, 'engine' | 'brokers'> {
  if (engine === 'external' && brokers === undefined)
    throw usage('BROKERS_MISSING', 'The engine "external" needs brokers', 'add --brokers host:port')
  if (brokers === undefined || engine === 'auto' || engine === 'external') return { engine, brokers }
  const difference = compareOrigins(brokersGiven.origin, engineGiven.origin)
  if (difference > 0) return { engine: 'auto', brokers }
  if (difference < 0) return { engine, brokers: undefined }
  throw usage(
    'ENGINE_CONFLICT',
    `${engineGiven.origin.text} says ${engine}, but ${brokersGiven.origin.text} names brokers that run already`,
    'leave out one of the two',
  )
}
