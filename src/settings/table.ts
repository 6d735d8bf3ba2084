import { logLevels } from '../log.ts'
import { connectionRows } from './connection-rows.ts'
import { kafkaVersions } from './kafka-version.ts'
import { choice, duration, file, integer, pem, size, text, type Kind, type Row } from './row.ts'

/** Every setting, in the order in which they are listed. */
const table = {
  engine: {
    kind: choice('auto', 'docker', 'local', 'external'),
    default: 'auto',
    help: 'where brokers come from: auto, docker, local or external',
    option: '--engine <name>',
    global: true,
    handedOn: true,
  },
  brokers: {
    kind: { is: 'brokers' },
    defaultText: '127.0.0.1 and the Kafka port',
    help: 'host:port of brokers that already run, separated by commas',
    option: '--brokers <list>',
    global: true,
    handedOn: true,
  },
  ...connectionRows,
  ksqlUrl: {
    kind: { is: 'url' },
    help: 'address of ksqlDB',
    option: '--ksql-url <url>',
    global: true,
    handedOn: true,
  },
  ksqlUser: { kind: text('a user of ksqlDB'), help: 'user for ksqlDB', handedOn: true },
  ksqlPassword: {
    kind: text('text that is not empty'),
    help: 'password for ksqlDB',
    secret: true,
    handedOn: true,
  },
  ksqlCa: {
    kind: pem('a PEM or PKCS#12 file'),
    defaultText: 'as for the brokers, and the CAs that Node trusts',
    help: "CAs that may have signed ksqlDB's certificate: PEM or PKCS#12",
    handedOn: true,
  },
  home: {
    kind: text('a directory'),
    default: '~/.payflow',
    help: "directory for Kafka's jars, data, logs and records of what runs",
    handedOn: true,
  },
  kafkaPort: { kind: integer(0, 65_535), default: 9092, help: 'port of the first broker (0: any free one)' },
  zookeeperPort: { kind: integer(0, 65_535), default: 2181, help: 'port of ZooKeeper (0: any free one)' },
  ksqlPort: { kind: integer(0, 65_535), default: 8088, help: 'port of ksqlDB (0: any free one)' },
  kafka: {
    kind: choice(...kafkaVersions),
    default: '3.9',
    help: 'which Kafka the engines local and docker start: 3.9 with ZooKeeper, or 4 (KRaft)',
    option: '--kafka <version>',
  },
  nodes: { kind: integer(1, 9), default: 1, help: 'brokers of the cluster', option: '--nodes <n>' },
  partitions: {
    kind: integer(1, 1000),
    default: 3,
    help: 'partitions of each topic',
    option: '--partitions <n>',
    handedOn: true,
  },
  replicationFactor: {
    kind: integer(1, 9),
    defaultText: 'one per broker, up to 3',
    help: 'copies of each partition',
    option: '--replication-factor <n>',
    handedOn: true,
  },
  sessionTimeout: {
    kind: duration('6s', '30m'),
    default: '6s',
    help: 'how long a dead worker keeps its partitions',
    option: '--session-timeout <time>',
    handedOn: true,
  },
  transactionTimeout: {
    kind: duration('1s', '15m'),
    default: '30s',
    help: 'when the broker ends what a dead worker left open',
    option: '--transaction-timeout <time>',
    handedOn: true,
  },
  compression: {
    kind: choice('none', 'gzip', 'snappy', 'lz4', 'zstd'),
    default: 'none',
    help: 'how producers and workers write: none, gzip, snappy, lz4 or zstd (all are read)',
    option: '--compression <codec>',
    handedOn: true,
  },
  linger: {
    kind: duration('0ms', '5s'),
    default: '125ms',
    help: 'how long a worker waits for more records, at most; up to 2.5 times as long where they lie on many partitions',
    handedOn: true,
  },
  stateMemory: {
    kind: size('0', '1TB'),
    defaultText: "a quarter of Node's heap, 256MB at most",
    help: 'memory that the state of a process may take, about, before it is kept on disk (0: always on disk)',
    option: '--state-memory <size>',
    handedOn: true,
  },
  stateDir: {
    kind: file('a path of a directory'),
    defaultText: 'state in the home directory of payflow',
    help: 'directory for state that is too large for memory; on a disk of this machine',
    handedOn: true,
  },
  logLevel: {
    kind: choice(...logLevels),
    default: 'info',
    help: 'how much the log says: error, warn, info or debug; named without a file, it goes to stderr',
    option: '--log-level <level>',
    global: true,
  },
  logFormat: {
    kind: choice('text', 'json'),
    default: 'text',
    help: 'lines of the log: text or json',
    option: '--log-format <format>',
    global: true,
  },
  logFile: {
    kind: file('a path of a file'),
    help: 'file to which the log is appended',
    option: '--log-file <file>',
    global: true,
  },
  logFileKb: {
    kind: integer(0, 1_000_000_000),
    default: 0,
    help: 'kB of that file above which it is moved to <file>.1, in place of an older one (0: never)',
  },
  http: {
    kind: { is: 'listen' },
    help: 'host:port for /metrics, /livez and /readyz (port 0: any free one)',
    option: '--http <host:port>',
  },
  otel: {
    kind: choice('off', 'on'),
    default: 'off',
    help: 'trace each record with OpenTelemetry: on or off (where spans go, the OTEL_ variables say)',
    option: '--otel <on|off>',
    handedOn: true,
  },
  dashboardToken: {
    kind: text('text that is not empty'),
    defaultText: 'a new one each time',
    help: 'what a browser must know to see the page where other machines can reach it',
    secret: true,
  },
} as const satisfies Record<string, Row>

type Table = typeof table
export type SettingName = keyof Table
export type ConnectionSettingName = keyof typeof connectionRows | 'brokers'
type ValueOf<K extends Kind> = K extends { is: 'choice'; of: readonly (infer Text)[] }
  ? Text
  : K extends { is: 'integer' | 'duration' | 'size' }
    ? number
    : K extends { is: 'brokers' }
      ? string[]
      : string
/** Every setting's value, checked: durations in ms. */
export type Values = {
  readonly [Name in SettingName]:
    ValueOf<Table[Name]['kind']> | (Table[Name] extends { default: unknown } ? never : undefined)
}

export const settingNames = Object.keys(table) as SettingName[]
export const rowOf = (name: SettingName): Row => table[name]
export const isDuration = (name: SettingName): boolean => rowOf(name).kind.is === 'duration'

const words = (name: string, separator: string): string => name.replaceAll(/[A-Z]/g, (letter) => separator + letter)
/** `PAYFLOW_KSQL_URL` of `ksqlUrl`. */
export const variableOf = (name: SettingName): string => `PAYFLOW_${words(name, '_').toUpperCase()}`
/** `--ksql-url` of `ksqlUrl`, whether or not there is such an option. */
export const flagOf = (name: SettingName): string => `--${words(name, '-').toLowerCase()}`

/** The default in words, for help and README. */
export const defaultTextOf = (name: SettingName): string => {
  const { defaultText, default: value } = rowOf(name)
  return defaultText ?? (value === undefined ? 'none' : String(value))
}

/** A value as its option or variable would have it: the schema reads it back. */
export function textOf(name: SettingName, value: unknown): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.join(',')
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return isDuration(name) ? `${text}ms` : text
}
