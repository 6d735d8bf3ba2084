import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { didYouMean } from '../did-you-mean.ts'
import { PayflowError, messageOf } from '../errors.ts'
import { brokerList, durationMs, integer, plainUrl } from './types.ts'

/** Every setting: its schema (whose description says what is allowed). Optional ones have no default of their own. */
const schema = z.object({
  engine: z.enum(['auto', 'docker', 'local', 'external']).describe('auto, docker, local or external'),
  brokers: brokerList.optional().describe(brokerList.description!),
  ksqlUrl: plainUrl.optional().describe(plainUrl.description!),
  ksqlUser: z.string().min(1).optional().describe('a user of ksqlDB'),
  ksqlPassword: z.string().min(1).optional().describe('text that is not empty'),
  home: z.string().min(1).describe('a directory'),
  kafkaPort: integer(0, 65_535),
  zookeeperPort: integer(0, 65_535),
  ksqlPort: integer(0, 65_535),
  nodes: integer(1, 9),
  partitions: integer(1, 1000),
  replicationFactor: integer(1, 9).optional().describe('an integer from 1 to 9'),
  sessionTimeout: durationMs('6s', '30m'),
  transactionTimeout: durationMs('1s', '15m'),
  linger: durationMs('0ms', '5s'),
})

/** Never shown to anybody. */
const secrets: ReadonlySet<string> = new Set(['ksqlPassword'])

/** A refused value as an error may show it: what stands before an @ could be a password. */
function shownValue(name: SettingName, value: unknown): string {
  if (secrets.has(name)) return '***'
  return (typeof value === 'string' ? value : JSON.stringify(value)).replace(/^.*@/s, '***@')
}

/** Why a text is no JSON, in one line, and without the piece of it that V8 quotes: that may be a secret. */
const syntaxFault = (error: unknown): string =>
  messageOf(error).replace(/, (?:"|\.\.\.").* is not valid JSON$/s, '').replaceAll(/\s+/g, ' ') // prettier-ignore

type Values = z.infer<typeof schema>
type SettingName = keyof Values

const defaults: Partial<Record<SettingName, unknown>> = {
  engine: 'auto',
  home: join(homedir(), '.payflow'),
  kafkaPort: 9092,
  zookeeperPort: 2181,
  ksqlPort: 8088,
  nodes: 1,
  partitions: 3,
  sessionTimeout: '6s',
  transactionTimeout: '30s',
  linger: '40ms',
}

const names = Object.keys(schema.shape) as SettingName[]
const words = (name: string, separator: string): string => name.replaceAll(/[A-Z]/g, (letter) => separator + letter)
const environmentName = (name: SettingName): string => `PAYFLOW_${words(name, '_').toUpperCase()}`
const optionName = (name: SettingName): string => `--${words(name, '-').toLowerCase()}`

const recordSchema = z.object({
  engine: z.enum(['docker', 'local', 'external']),
  brokers: z.array(z.string()).min(1),
  zookeeper: z.string().nullable(),
  ksql: z.string().nullable(),
  startedAt: z.string(),
  nodes: z.int().min(1),
})
/** What `infra up` remembers of the brokers it started, in `<home>/infra.json`. */
export type InfraRecord = z.infer<typeof recordSchema>

const recordPath = (home: string): string => join(home, 'infra.json')

/** A record that is missing or unreadable is no record: `infra up` writes a new one. */
export function readRecord(home: string): InfraRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(recordPath(home), 'utf8')))
  } catch {
    return undefined
  }
}

export function writeRecord(home: string, record: InfraRecord): void {
  mkdirSync(home, { recursive: true })
  const temporary = `${recordPath(home)}.${process.pid}`
  writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(temporary, recordPath(home))
}

export function removeRecord(home: string): void {
  rmSync(recordPath(home), { force: true })
}

export interface Settings {
  readonly engine: Values['engine']
  /** Where to reach Kafka: given, or recorded by `infra up`, or the configured port of this machine (none: any free one). */
  readonly brokers: string[]
  /** Somebody named the brokers: they are not payflow's own. */
  readonly brokersGiven: boolean
  readonly ksqlUrl: string | undefined
  readonly ksqlUser: string | undefined
  readonly ksqlPassword: string | undefined
  readonly home: string
  readonly kafkaPort: number
  readonly zookeeperPort: number
  readonly ksqlPort: number
  readonly nodes: number
  readonly partitions: number
  /** Undefined: the number of brokers, up to 3. */
  readonly replicationFactor: number | undefined
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly lingerMs: number
  readonly record: InfraRecord | undefined
  /** The settings file that was named; undefined: the usual one, if there is any. */
  readonly configFile: string | undefined
  /** Where each value came from, in words: `--engine`, `PAYFLOW_ENGINE`, a file's path, `infra up`, `default`. */
  readonly origins: Readonly<Record<SettingName, string>>
}

export interface SettingSources {
  /** What the command line said, by setting name; undefined where it said nothing. */
  readonly options: Partial<Record<SettingName | 'config', unknown>>
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
}

interface Given {
  readonly value: unknown
  readonly origin: string
}

const usage = (code: string, message: string, hint: string): PayflowError =>
  new PayflowError(code, message, { kind: 'usage', hint })

function readConfigFile(path: string, required: boolean): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw usage('CONFIG_UNREADABLE', `Cannot read ${path}: ${messageOf(error)}`, 'name another file with --config')
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw usage('CONFIG_INVALID', `${path} is not JSON: ${syntaxFault(error)}`, 'correct the file')
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw usage('CONFIG_INVALID', `${path} does not hold a JSON object`, `allowed keys: ${names.join(', ')}`)
  for (const key of Object.keys(content))
    if (!(names as string[]).includes(key))
      throw usage('CONFIG_UNKNOWN_KEY', `Unknown key "${key}" in ${path}`, didYouMean(key, names))
  return content as Record<string, unknown>
}

function namedConfigFile({ options, env, cwd }: SettingSources): string | undefined {
  const named = options.config ?? env.PAYFLOW_CONFIG
  return typeof named === 'string' && named !== '' ? resolve(cwd, named) : undefined
}

function gather({ options, env, cwd }: SettingSources, configFile: string | undefined): Record<SettingName, Given> {
  const path = configFile ?? resolve(cwd, 'payflow.config.json')
  const file = readConfigFile(path, configFile !== undefined)
  const given = (name: SettingName): Given => {
    const variable = env[environmentName(name)]
    if (options[name] !== undefined) return { value: options[name], origin: optionName(name) }
    if (variable !== undefined && variable !== '') return { value: variable, origin: environmentName(name) }
    if (file[name] !== undefined) return { value: file[name], origin: path }
    return { value: defaults[name], origin: 'default' }
  }
  return Object.fromEntries(names.map((name) => [name, given(name)])) as Record<SettingName, Given>
}

function check(given: Record<SettingName, Given>): Values {
  const result = schema.safeParse(Object.fromEntries(names.map((name) => [name, given[name].value])))
  if (result.success) return result.data
  const name = result.error.issues[0]!.path[0] as SettingName
  const { value, origin } = given[name]
  throw usage(
    'SETTING_INVALID',
    `${origin.startsWith('-') || origin.startsWith('PAYFLOW') ? origin : `"${name}" in ${origin}`} cannot be "${shownValue(name, value)}"`,
    `allowed: ${schema.shape[name].description!}`,
  )
}

const sameAddresses = (a: readonly string[], b: readonly string[]): boolean =>
  [...a].sort().join() === [...b].sort().join()

/** All settings: option > environment > config file > what `infra up` recorded > default. Throws PayflowError (usage). */
export function resolveSettings(sources: SettingSources): Settings {
  const configFile = namedConfigFile(sources)
  const given = gather(sources, configFile)
  const values = check(given)
  const origins = Object.fromEntries(names.map((name) => [name, given[name].origin])) as Record<SettingName, string>
  const home = resolve(sources.cwd, values.home.replace(/^~(?=\/|$)/, homedir()))
  const { engine } = values
  if (engine === 'external' && values.brokers === undefined)
    throw usage('BROKERS_MISSING', 'The engine "external" needs brokers', 'say --brokers host:port')
  if (values.brokers !== undefined && (engine === 'local' || engine === 'docker'))
    throw usage(
      'ENGINE_CONFLICT',
      `${origins.engine} says ${engine}, but ${origins.brokers} names brokers that run already`,
      'leave out one of the two',
    )
  const known = readRecord(home)
  const record = known !== undefined && (engine === 'auto' || engine === known.engine) ? known : undefined
  // What `infra up` told people to export is still payflow's own cluster.
  const own =
    values.brokers === undefined || (engine === 'auto' && sameAddresses(values.brokers, record?.brokers ?? []))
  const recorded = own ? record : undefined
  if (recorded !== undefined) origins.brokers = 'infra up'
  const ksqlUrl = values.ksqlUrl ?? recorded?.ksql ?? undefined
  if (values.ksqlUrl === undefined && ksqlUrl !== undefined) origins.ksqlUrl = 'infra up'
  const { kafkaPort, zookeeperPort, ksqlPort, nodes, partitions } = values
  const { ksqlUser, ksqlPassword, replicationFactor } = values
  const usual = kafkaPort === 0 ? [] : [`127.0.0.1:${kafkaPort}`]
  return {
    ...{ engine, home, kafkaPort, zookeeperPort, ksqlPort, nodes, partitions },
    brokers: recorded?.brokers ?? values.brokers ?? usual,
    brokersGiven: !own,
    ...{ ksqlUrl, ksqlUser, ksqlPassword, replicationFactor },
    sessionTimeoutMs: values.sessionTimeout,
    transactionTimeoutMs: values.transactionTimeout,
    lingerMs: values.linger,
    record: recorded,
    configFile,
    origins,
  }
}

/** The environment in which another payflow process comes to the same settings. */
export function environmentOf(settings: Settings): Record<string, string> {
  const { brokers, brokersGiven, ksqlUrl, home, partitions, replicationFactor, configFile } = settings
  const { sessionTimeoutMs, transactionTimeoutMs, lingerMs } = settings
  return {
    PAYFLOW_ENGINE: brokersGiven ? 'external' : 'auto',
    PAYFLOW_BROKERS: brokers.join(','),
    PAYFLOW_KSQL_URL: ksqlUrl ?? '',
    PAYFLOW_HOME: home,
    PAYFLOW_PARTITIONS: String(partitions),
    PAYFLOW_REPLICATION_FACTOR: String(replicationFactor ?? ''),
    PAYFLOW_SESSION_TIMEOUT: `${sessionTimeoutMs}ms`,
    PAYFLOW_TRANSACTION_TIMEOUT: `${transactionTimeoutMs}ms`,
    PAYFLOW_LINGER: `${lingerMs}ms`,
    PAYFLOW_CONFIG: configFile ?? '',
  }
}
