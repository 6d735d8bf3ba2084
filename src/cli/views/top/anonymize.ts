import type { TailRecord } from '../../../app/monitor/model.ts'
import type { Shown } from '../../../app/overview/follow.ts'

const HIDDEN = '•••'
/** A host or an address with its port. */
const ADDRESS = /(?<![\w.])(?:\[[\da-f:]+\]|[a-z\d][\w.-]*):\d{2,5}(?!\w)/gi
const IP = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g

const withoutHosts = (text: string): string => text.replaceAll(ADDRESS, HIDDEN).replaceAll(IP, HIDDEN)

/** The same, with nothing that says where it runs. */
export function anonymous(shown: Shown): Shown {
  const { overview, trouble, verdict } = shown
  return {
    ...shown,
    trouble: trouble === null ? null : withoutHosts(trouble),
    verdict: { ...verdict, text: withoutHosts(verdict.text) },
    overview: overview && {
      ...overview,
      brokers: overview.brokers.map((broker) => ({ ...broker, address: HIDDEN })),
      marks: overview.marks.map((mark) => ({ ...mark, text: withoutHosts(mark.text) })),
    },
  }
}

/** Fields that say who somebody is. */
const personal = new Set(['name', 'user', 'user_id', 'last_event_type'])

/** A record without its key, and without what in its value says whose it is. A value that is not JSON is hidden whole. */
export function anonymousRecord(record: TailRecord): TailRecord {
  const { key, value } = record
  return { ...record, key: key === null ? null : HIDDEN, value: value === null ? null : anonymousValue(value, key) }
}

const isKey = (value: unknown, key: string | null): boolean =>
  (typeof value === 'string' || typeof value === 'number') && String(value) === key

function anonymousValue(text: string, key: string | null): string {
  try {
    return JSON.stringify(JSON.parse(text), (name, value: unknown) =>
      value !== null && (personal.has(name) || isKey(value, key)) ? HIDDEN : value,
    )
  } catch {
    return HIDDEN
  }
}
