import type { ErrorCode } from '../error-codes.ts'
import { PayflowError } from '../errors.ts'
import type { KafkaVersion } from '../settings/kafka-version.ts'
import { diskFull } from './home.ts'
import { portInUse } from './ports.ts'

/** A ZooKeeper or a broker that ended while it should have started. */
export interface ServiceFailure {
  readonly name: string
  readonly port: number
  readonly portVariable: string
  /** Everything it wrote since it was started. */
  readonly text: string
  /** Where its data are, in words or as a path. */
  readonly data: string
  readonly kafka?: KafkaVersion
  /** What is wrong with its jars, where it has any: a line each. */
  readonly jarFlaws?: () => readonly string[]
  /** Variables of the environment that Java takes options from. */
  readonly javaVariables?: readonly string[]
}

const SHOWN_LINES = 4
const TELLING =
  /\b(ERROR|FATAL)\b|^(Error|Caused by|Exception)\b|^[\w.$]+(Exception|Error)\b|^(OpenJDK|Java HotSpot).*(error|fail)/

/** Lines that are not empty. That Java has taken options from the environment is not a complaint. */
const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(NOTE: )?Picked up \w+:/.test(line))

/** Why a JVM did not even begin, in its own words. */
export const firstComplaint = (text: string): string => linesOf(text).slice(0, 2).join(': ')

/** What a Java program's log says went wrong, in its own words and without stack frames: its last few such lines. */
export function lastComplaints(text: string): string[] {
  const lines = linesOf(text)
  const complaints = lines.filter((line) => TELLING.test(line))
  const chosen = complaints.length > 0 ? complaints : lines
  return [...new Set(chosen)].slice(-SHOWN_LINES).map((line) => line.replace(/^\[[^\]]*\] /, ''))
}

/** It was killed a moment ago, and ZooKeeper has not noticed yet: it can be started again soon. */
export const isStillRegistered = (text: string): boolean => /NodeExists/.test(text)

const infra = (code: ErrorCode, message: string, hint: string): PayflowError =>
  new PayflowError(code, message, { kind: 'infra', hint })

/** The command that removes the data of one Kafka, in backquotes. */
export const removalOf = (kafka: KafkaVersion): string =>
  kafka === '3.9' ? '`payflow infra down --volumes`' : '`payflow infra down --volumes --kafka 4`'
const startOf = (kafka: KafkaVersion): string =>
  kafka === '3.9' ? '`payflow infra up`' : '`payflow infra up --kafka 4`'

export const inconsistentData = (data: string, evidence: string, kafka: KafkaVersion = '3.9'): PayflowError =>
  infra(
    'INCONSISTENT_DATA',
    `The data of ${kafka === '3.9' ? 'Kafka and ZooKeeper' : `Kafka ${kafka}`} in ${data} do not belong together: ${evidence}`,
    `${removalOf(kafka)} removes all of them; then ${startOf(kafka)} starts afresh`,
  )

/** The port that a broker says it could not bind to. */
function boundIn(text: string): number | undefined {
  const [, port] = /failed to bind to \S*?:(\d+)/.exec(text) ?? []
  return port === undefined ? undefined : Number(port)
}

const lastWord = ({ text }: ServiceFailure): string => lastComplaints(text).at(-1) ?? ''

const brokenJars = (name: string, evidence: string): PayflowError =>
  infra(
    'JARS_BROKEN',
    `The jars of ${name} are broken: ${evidence}`,
    'delete the directory kafka-* in PAYFLOW_HOME; the next `payflow infra up` fetches them again',
  )

/** Variables that Java takes options from; the names of those that are set. */
export const javaVariablesIn = (env: NodeJS.ProcessEnv): string[] =>
  ['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS'].filter((name) => (env[name] ?? '') !== '')

export const adviceOnJava = (variables: readonly string[]): string | undefined =>
  variables.length === 0 ? undefined : `Java also takes options from ${variables.join(' and ')}: correct or unset it`

const causes: { readonly pattern: RegExp; readonly explain: (failure: ServiceFailure) => PayflowError }[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    explain: ({ data }) => diskFull(data),
  },
  {
    pattern: /InconsistentClusterId|Invalid cluster\.id/,
    explain: ({ data, kafka }) => inconsistentData(data, 'their cluster ids differ (InconsistentClusterId)', kafka),
  },
  {
    pattern: /Configured voter set: .* is different from the voter set/,
    explain: ({ data, kafka }) => inconsistentData(data, 'they were written by another number of controllers', kafka),
  },
  {
    pattern: /No (?:readable )?`?meta\.properties`?/,
    explain: (failure) => inconsistentData(failure.data, lastWord(failure), failure.kafka),
  },
  {
    pattern: /Address already in use|BindException/,
    explain: ({ text, port, portVariable }) => portInUse(boundIn(text) ?? port, portVariable),
  },
  {
    pattern: /Failed to acquire lock on file \.lock/,
    explain: ({ name, data }) =>
      infra(
        'DATA_IN_USE',
        `Another Kafka is using the data of ${name} in ${data}`,
        'stop it (`jps -l` lists the Java processes), or set PAYFLOW_HOME to another directory',
      ),
  },
  {
    pattern: /OutOfMemoryError|Could not reserve enough space|Cannot allocate memory|insufficient memory/,
    explain: ({ name }) =>
      infra('OUT_OF_MEMORY', `There is not enough memory to run ${name}`, 'free some, or start fewer nodes'),
  },
  {
    pattern: /Too many open files/,
    explain: ({ name }) =>
      infra('TOO_MANY_FILES', `${name} may not open enough files`, 'allow more in this shell: `ulimit -n 4096`'),
  },
  {
    pattern: /^Error occurred during initialization of VM|Could not create the Java Virtual Machine/m,
    explain: ({ name, text, javaVariables = [] }) =>
      infra(
        'JAVA_REFUSES',
        `Java does not start ${name}: ${firstComplaint(text)}`,
        adviceOnJava(javaVariables) ?? '`payflow infra logs` shows all of it',
      ),
  },
  {
    pattern: /ZipException|error reading zip|invalid LOC header|ClassFormatError/i,
    explain: (failure) => brokenJars(failure.name, lastWord(failure)),
  },
  {
    pattern: /AccessDeniedException|Permission denied|Read-only file system/,
    explain: (failure) =>
      infra(
        'HOME_UNWRITABLE',
        `${failure.name} cannot write to ${failure.data}: ${lastWord(failure)}`,
        'set PAYFLOW_HOME to a directory you may write to',
      ),
  },
]

const MISSING_CLASS = /ClassNotFoundException|NoClassDefFoundError|find or load main class/

/** Why a service ended while it should have started, in words for a user. */
export function explainFailure(failure: ServiceFailure): PayflowError {
  const cause = causes.find(({ pattern }) => pattern.test(failure.text))
  if (cause) return cause.explain(failure)
  const [flaw] = MISSING_CLASS.test(failure.text) ? (failure.jarFlaws?.() ?? []) : []
  if (flaw !== undefined) return brokenJars(failure.name, flaw)
  const words = lastComplaints(failure.text)
  const told = words.length > 0 ? `. Its last words: ${words.join(' | ')}` : ' without any output'
  return infra(
    'BROKER_DIED',
    `${failure.name} ended while it was starting${told}`,
    '`payflow infra logs` shows all of it',
  )
}
