import { formatNumber } from '../shell/format-number.ts'
import type { SupervisorEvent } from '../../app/workers/supervisor.ts'
import { troubleText } from '../../kafka/trouble.ts'
import type { Cause, WorkerEvent } from '../../runtime/events.ts'
import { formatTimestamp } from '../../pipeline/time.ts'
import { logEvent } from '../../runtime/event-entry.ts'
import type { Context } from '../shell/action.ts'
import type { Output } from '../shell/output.ts'

export interface EventText {
  readonly text: string
  /** What to do about it. */
  readonly hint: string | undefined
  /** `verbose`: for those who look for a fault. */
  readonly shown: 'always' | 'verbose'
}

/** What an event reads like; undefined: it is only counted. The one place where events become sentences. */
export function eventText(event: SupervisorEvent): EventText | undefined {
  const said = sentence(event)
  if (said === undefined) return undefined
  const shown = verboseKinds.has(event.kind) ? 'verbose' : 'always'
  if (event.kind === 'warning' && typeof event.fields.hint === 'string')
    return { text: said, hint: event.fields.hint, shown }
  const trouble = event.kind === 'trouble' || event.kind === 'stalled' ? event.trouble : undefined
  const hint = trouble && troubleText(trouble).hint
  return { text: event.worker === undefined ? said : `${event.worker}: ${said}`, hint, shown }
}

/** What a user reads even while something else is drawn: what went wrong, and what is to be done. */
export const isIncident = ({ kind }: SupervisorEvent): boolean => incidents.has(kind)

const linesOf = ({ text, hint }: EventText): string[] => (hint === undefined ? [text] : [text, `→ ${hint}`])

export function showEvent({ note, detail }: Pick<Output, 'note' | 'detail'>, event: SupervisorEvent): void {
  const said = eventText(event)
  if (said === undefined) return
  const show = said.shown === 'verbose' ? detail : note
  for (const line of linesOf(said)) show(line)
}

/** In words on stderr, unless a log is there, and in the log. */
export function tellEvent(
  { output, journal, logsToStderr }: Pick<Context, 'output' | 'journal' | 'logsToStderr'>,
  event: SupervisorEvent,
): void {
  if (!logsToStderr) showEvent(output, event)
  if (event.kind !== 'died') logEvent(journal, event)
}

const verboseKinds = new Set<SupervisorEvent['kind']>(['phase', 'restored', 'state-opened', 'rejoined', 'fetch-failed', 'connection-lost']) // prettier-ignore
const incidents = new Set<SupervisorEvent['kind']>(['died', 'trouble', 'trouble-over', 'stalled', 'waiting', 'waiting-over', 'warning']) // prettier-ignore

function sentence(event: SupervisorEvent): string | undefined {
  switch (event.kind) {
    case 'assigned':
      return event.partitions.length > 0 ? `partitions ${event.partitions.join(', ')}` : 'no partition'
    case 'phase':
      return `partition ${event.partition}: ${event.from} → ${event.to}${event.cause ? ` (${causeText(event.cause)})` : ''}`
    case 'restoring':
      return `partition ${event.partition}: ${event.done} of ${event.total}`
    case 'restored':
      return `partition ${event.partition}: state restored in ${(event.ms / 1000).toFixed(1)} s`
    case 'state-opened':
      return `partition ${event.partition}: state on disk, ${formatNumber(event.keys)} keys in ${event.path}`
    case 'state-moved':
      return `partition ${event.partition}: state has grown to ${formatNumber(event.keys)} keys and is moved to disk`
    case 'state-rebuilt':
      return `partition ${event.partition}: state is read from its changelog again, for what was on disk ${doubtTexts[event.reason]}`
    case 'rejoined':
      return `joins its group again (${causeText(event.cause)})`
    case 'fetch-failed':
      return `a fetch failed and is repeated (${causeText(event.cause)})`
    case 'connection-lost':
      return `connection${event.broker === undefined ? '' : ` to ${event.broker}`} lost (${causeText(event.cause)})`
    case 'caught-up':
      return 'nothing is left to read'
    case 'trouble':
      return `${of(event)}${troubleText(event.trouble).message}`
    case 'trouble-over':
      return `${of(event)}goes on after ${Math.round(event.seconds)} s`
    case 'stalled':
      return stalledText(event)
    case 'waiting':
      return waitingText(event)
    case 'waiting-over':
      return `${event.topic}/${event.partition}: the transaction has ended after ${event.seconds} s`
    case 'warning':
      return `warning: ${typeof event.fields.what === 'string' ? event.fields.what : `${event.code}${fieldsText(event.fields)}`}`
    case 'died':
      return `died (${event.why}); ${event.retryMs === undefined ? 'it is not started again' : `starting it again in ${event.retryMs / 1000} s`}`
    case 'committed':
    case 'aborted':
    case 'fenced':
    case 'dead-letter':
    case 'stray':
      return undefined
  }
}

const doubtTexts: Readonly<Record<Extract<WorkerEvent, { kind: 'state-rebuilt' }>['reason'], string>> = {
  'another-cluster': 'is of another cluster',
  'another-topic': 'is of a topic that was deleted and created again',
  'another-worker': 'is of another worker, partition or number of partitions',
  'another-layout': 'was written by another version of payflow',
  'unknown-topic': 'cannot be told from that of an earlier topic: these brokers give topics no ids',
  'unknown-retention': 'may be too old: the settings of the changelog may not be read (DescribeConfigs)',
  'too-old': 'is older than the deletions that the changelog remembers (delete.retention.ms)',
  'ahead-of-changelog': 'is ahead of the changelog, which has lost records',
  'differs-from-changelog': 'is not what the changelog says',
  damaged: 'is damaged',
}

const of = ({ partition }: { partition?: number | undefined }): string =>
  partition === undefined ? '' : `partition ${partition}: `

const causeText = ({ error }: Cause): string => error

function stalledText({ partition, seconds, trouble }: Extract<WorkerEvent, { kind: 'stalled' }>): string {
  const what =
    partition === undefined
      ? `has not been given any partitions for ${seconds} s`
      : `partition ${partition} has had work and made no progress for ${seconds} s`
  return trouble ? `${what}. ${troubleText(trouble).message}` : what
}

function waitingText({ topic, partition, records, transaction }: Extract<WorkerEvent, { kind: 'waiting' }>): string {
  const many = records === 1 ? '1 record waits' : `${formatNumber(records)} records wait`
  const since = transaction?.since === undefined ? '' : `, since ${formatTimestamp(transaction.since)}`
  const ends = transaction?.timeoutMs === undefined ? '' : `; its coordinator ends it ${transaction.timeoutMs / 1000} s after it began` // prettier-ignore
  const whose = transaction?.transactionalId ?? (transaction && `producer id ${transaction.producerId}`)
  const behind = whose === undefined ? 'an open transaction' : `the open transaction of ${whose}`
  return `${topic}/${partition}: ${many} behind ${behind}${since}${ends}`
}

const fieldsText = (fields: Readonly<Record<string, unknown>>): string =>
  Object.entries(fields)
    .map(([name, value]) => ` ${name}=${String(value)}`)
    .join('')
