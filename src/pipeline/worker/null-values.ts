import type { AnyReturn, AnyWorker } from './definition.ts'
import type { RecordContext } from './context.ts'
import type { KeyedRecord } from './keyed-record.ts'

/** A step for records without a value. */
export type AnyNullStep = (state: unknown, options: unknown, context?: RecordContext) => AnyReturn

/** What a record without a value means for an input; undefined: it is a dead letter. */
export const meaningOfNull = (worker: AnyWorker, alias: string): 'delete' | 'ignore' | AnyNullStep | undefined =>
  worker.onNull?.[alias] as 'delete' | 'ignore' | AnyNullStep | undefined

type KeyOf = (event: unknown, record: KeyedRecord) => string

/** Whether the state of an input lies by its records' keys, because that is all that a record without a value has. */
export function liesByRecordKey(worker: AnyWorker, alias: string): boolean {
  const meaning = meaningOfNull(worker, alias)
  return meaning !== undefined && meaning !== 'ignore' && worker.state !== undefined
}

/**
 * Why an event is refused whose state has another key than its record: a null value with the record's key would not reach that state. Undefined where
 * it has the same, and for inputs without null values. @throws NoRecordKey
 */
export function otherKey(worker: AnyWorker, alias: string, key: string, record: KeyedRecord): string | undefined {
  if (!liesByRecordKey(worker, alias) || record.key === key) return undefined
  return `the record's key is ${JSON.stringify(record.key)}, and that of its state ${JSON.stringify(key)}: a null value would delete another state`
}

/** The same of all states that an event of the input has. @throws NoRecordKey */
export function otherKeyOf(worker: AnyWorker, alias: string, event: unknown, record: KeyedRecord): string | undefined {
  if (!liesByRecordKey(worker, alias)) return undefined
  const keys = Object.values(worker.states ?? { '': worker.state! }).map(({ key }) => key[alias] as unknown as KeyOf | undefined) // prettier-ignore
  return keys.map((keyOf) => keyOf && otherKey(worker, alias, keyOf(event, record), record)).find((reason) => reason !== undefined) // prettier-ignore
}

/** The names of the states that an input has to do with; that of an only state is empty. */
export const statesFor = ({ state, states }: AnyWorker, alias: string): string[] =>
  states ? Object.keys(states).filter((name) => states[name]!.key[alias]) : state ? [''] : []
