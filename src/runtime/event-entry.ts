import { troubleText } from '../kafka/trouble.ts'
import type { Log, LogFields, LogLevel } from '../log.ts'
import type { Cause, WorkerEvent } from './events.ts'

const levels: Readonly<Record<WorkerEvent['kind'], LogLevel>> = {
  assigned: 'info',
  rejoined: 'warn',
  phase: 'debug',
  restoring: 'debug',
  restored: 'info',
  'state-opened': 'info',
  'state-moved': 'info',
  'state-rebuilt': 'warn',
  committed: 'debug',
  transaction: 'debug',
  aborted: 'warn',
  fenced: 'warn',
  'dead-letter': 'warn',
  stray: 'debug',
  'fetch-failed': 'warn',
  'connection-lost': 'warn',
  trouble: 'warn',
  'trouble-over': 'info',
  stalled: 'error',
  waiting: 'warn',
  'waiting-over': 'info',
  'caught-up': 'info',
  warning: 'warn',
}

/** Writes an event into a log: its name is its kind, and what it says are the fields, worker and partition first. */
export function logEvent(log: Log, event: WorkerEvent): void {
  const { kind, worker, ...rest } = event
  const { partition, ...more } = rest as typeof rest & { partition?: number }
  log(levels[kind], kind, { worker, partition, ...fieldsOf(more) })
}

function fieldsOf(event: Readonly<Record<string, unknown>>): LogFields {
  const { cause, trouble, fields, ...plain } = event as {
    readonly cause?: Cause
    readonly trouble?: Parameters<typeof troubleText>[0]
    readonly fields?: LogFields
  }
  return { ...flat(plain), ...fields, ...cause, ...(trouble && textOf(trouble)) }
}

function textOf(trouble: Parameters<typeof troubleText>[0]): LogFields {
  const { message, hint } = troubleText(trouble)
  return { error: message, hint }
}

/** What is nested gets names with a dot. */
function flat(values: Readonly<Record<string, unknown>>): LogFields {
  const pairs = Object.entries(values).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([inner, each]) => [`${name}.${inner}`, each])
      : [[name, value]],
  )
  return Object.fromEntries(pairs) as LogFields
}
