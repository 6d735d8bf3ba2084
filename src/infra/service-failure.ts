import { PayflowError } from '../errors.ts'
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
}

const shownLines = 4
const telling =
  /\b(ERROR|FATAL)\b|^(Error|Caused by|Exception)\b|^[\w.$]+(Exception|Error)\b|^(OpenJDK|Java HotSpot).*(error|fail)/

/** What a Java program's log says went wrong, in its own words and without stack frames: its last few such lines. */
export function lastComplaints(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  const complaints = lines.filter((line) => telling.test(line))
  const chosen = complaints.length > 0 ? complaints : lines.filter((line) => line !== '')
  return [...new Set(chosen)].slice(-shownLines).map((line) => line.replace(/^\[[^\]]*\] /, ''))
}

/** It was killed a moment ago, and ZooKeeper has not noticed yet: it can be started again soon. */
export const isStillRegistered = (text: string): boolean => /NodeExists/.test(text)

const infra = (code: string, message: string, hint: string): PayflowError =>
  new PayflowError(code, message, { kind: 'infra', hint })

export const inconsistentData = (data: string, evidence: string): PayflowError =>
  infra(
    'INCONSISTENT_DATA',
    `The data of Kafka and ZooKeeper in ${data} do not belong together: ${evidence}`,
    '`payflow infra down --volumes` removes all of them; then `payflow infra up` starts afresh',
  )

const lastWord = ({ text }: ServiceFailure): string => lastComplaints(text).at(-1) ?? ''

const causes: { readonly pattern: RegExp; readonly explain: (failure: ServiceFailure) => PayflowError }[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    explain: ({ data }) => diskFull(data),
  },
  {
    pattern: /InconsistentClusterId|Invalid cluster\.id/,
    explain: ({ data }) => inconsistentData(data, 'their cluster ids differ (InconsistentClusterId)'),
  },
  {
    pattern: /Address already in use|BindException/,
    explain: ({ port, portVariable }) => portInUse(port, portVariable),
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
    pattern: /ClassNotFoundException|NoClassDefFoundError|find or load main class|ZipException|error reading zip/i,
    explain: (failure) =>
      infra(
        'JARS_BROKEN',
        `The jars of ${failure.name} are broken: ${lastWord(failure)}`,
        'delete the directory kafka-* in PAYFLOW_HOME; the next `payflow infra up` fetches them again',
      ),
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

/** Why a service ended while it should have started, in words for a user. */
export function explainFailure(failure: ServiceFailure): PayflowError {
  const cause = causes.find(({ pattern }) => pattern.test(failure.text))
  if (cause) return cause.explain(failure)
  const words = lastComplaints(failure.text)
  const told = words.length > 0 ? `. Its last words: ${words.join(' | ')}` : ' without a word'
  return infra(
    'BROKER_DIED',
    `${failure.name} ended while it was starting${told}`,
    '`payflow infra logs` shows all of it',
  )
}
