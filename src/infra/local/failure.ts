import { PayflowError } from '../../errors.ts'
import { lastComplaints } from '../complaints.ts'
import { diskFull } from '../home.ts'
import { readFrom } from '../log-files.ts'
import { portInUse } from '../ports.ts'
import { inconsistentData } from './cluster-data.ts'
import { logPath, outputPath, type Layout } from './layout.ts'
import type { StartedService } from './services.ts'

export interface ServiceFailure {
  readonly name: string
  readonly port: number
  /** Everything it wrote since it was started. */
  readonly text: string
  readonly layout: Layout
}

export const isStillRegistered = (text: string): boolean => /NodeExists/.test(text)

interface Cause {
  readonly pattern: RegExp
  readonly explain: (failure: ServiceFailure) => PayflowError
}

const infra = (code: string, message: string, hint: string): PayflowError =>
  new PayflowError(code, message, { kind: 'infra', hint })

const causes: Cause[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    explain: ({ layout }) => diskFull(layout.home),
  },
  {
    pattern: /InconsistentClusterId|Invalid cluster\.id/,
    explain: ({ layout }) => inconsistentData(layout, 'their cluster ids differ (InconsistentClusterId)'),
  },
  {
    pattern: /Address already in use|BindException/,
    explain: ({ name, port }) =>
      portInUse(port, name === 'zookeeper' ? 'PAYFLOW_ZOOKEEPER_PORT' : 'PAYFLOW_KAFKA_PORT'),
  },
  {
    pattern: /Failed to acquire lock on file \.lock/,
    explain: ({ name, layout }) =>
      infra(
        'DATA_IN_USE',
        `Another Kafka is using the data of ${name} in ${layout.data}`,
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
    explain: ({ layout, text }) =>
      infra(
        'JARS_BROKEN',
        `Kafka's jars in ${layout.jars} are broken: ${lastComplaints(text).at(-1) ?? ''}`,
        'delete that directory of jars; the next `payflow infra up` fetches them again',
      ),
  },
  {
    pattern: /AccessDeniedException|Permission denied|Read-only file system/,
    explain: ({ name, layout, text }) =>
      infra(
        'HOME_UNWRITABLE',
        `${name} cannot write to ${layout.home}: ${lastComplaints(text).at(-1) ?? ''}`,
        'set PAYFLOW_HOME to a directory you may write to',
      ),
  },
]

/** Why a JVM ended while it should have started, in words for a user. */
export function explainFailure(failure: ServiceFailure): PayflowError {
  const cause = causes.find(({ pattern }) => pattern.test(failure.text))
  if (cause) return cause.explain(failure)
  const words = lastComplaints(failure.text)
  return infra(
    'BROKER_DIED',
    `${failure.name} ended while it was starting${words.length > 0 ? `. Its last words: ${words.join(' | ')}` : ' without a word'}`,
    '`payflow infra logs` shows all of it',
  )
}

export const saidSinceStart = (layout: Layout, { name, logStart }: StartedService): string =>
  `${readFrom(outputPath(layout, name), 0)}\n${readFrom(logPath(layout, name), logStart)}`
