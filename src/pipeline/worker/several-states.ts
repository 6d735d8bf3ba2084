import { z } from 'zod'
import { shown } from '../codec/fields.ts'
import { checkKey } from './check-result.ts'
import type { AnyOnTime, AnyReturn, AnyState, AnyWorker } from './definition.ts'
import type { KeyedRecord } from './keyed-record.ts'
import { StepFault } from './step-fault.ts'

/** One state of several, as the changelog has it. */
export interface Entry {
  /** The name of the state. */
  readonly of: string
  readonly value: unknown
}

type States = Readonly<Record<string, AnyState>>
type KeyOf = (event: unknown, record: KeyedRecord) => string

const SEPARATOR = '/'
const storeKey = (name: string, key: string): string => `${name}${SEPARATOR}${key}`

/** The state that a key of the changelog belongs to (no name where there is only one), and the key as the definition gives it. */
export function definedKey({ states }: AnyWorker, key: string): { readonly name: string; readonly key: string } {
  const at = states ? key.indexOf(SEPARATOR) : -1
  return { name: key.slice(0, Math.max(at, 0)), key: key.slice(at + 1) }
}

/** The same of a worker whose definition is not known: of several states, each value says whose it is, and its key begins with that. */
export function storedName(key: string, text: string): { readonly name: string; readonly key: string } {
  const name = key.slice(0, Math.max(key.indexOf(SEPARATOR), 0))
  // as `Entry` is written
  if (name !== '' && text.startsWith(`{"of":${JSON.stringify(name)},"value":`)) return { name, key: key.slice(name.length + 1) } // prettier-ignore
  return { name: '', key }
}

/** Several states as one, which changelog, store and timers take like any other: each value says whose it is. */
export function oneOfStates(states: States): Pick<AnyWorker, 'state' | 'dueAt' | 'onTime'> {
  const schemas = Object.entries(states).map(([of, { schema }]) => z.object({ of: z.literal(of), value: schema }))
  const hasTimers = Object.values(states).some(({ dueAt }) => dueAt !== undefined)
  const timers: Pick<AnyWorker, 'dueAt' | 'onTime'> = {
    dueAt: (entry: Entry, options: never) => states[entry.of]?.dueAt?.(entry.value as never, options),
    onTime: (now: number, entry: Entry, options: never) => {
      const result = (states[entry.of]?.onTime as AnyOnTime | undefined)?.(now, entry.value, options)
      return result && asEntry(entry.of, result)
    },
  }
  return {
    state: { schema: z.union(schemas as unknown as [z.ZodType, ...z.ZodType[]]), initial: null, key: {} },
    ...(hasTimers && timers),
  }
}

function asEntry(of: string, result: NonNullable<AnyReturn>): AnyReturn {
  if (!('state' in result) || result.state === undefined || result.state === null) return result
  return { ...result, state: { of, value: result.state } satisfies Entry }
}

/** What a step is given of several states, and what it changes. */
export class SeveralStates {
  readonly #states: States
  readonly #find: (key: string) => unknown

  constructor(states: States, find: (key: string) => unknown) {
    this.#states = states
    this.#find = find
  }

  /** The keys of an event's states, by their names; a state that the input has nothing to do with has none. @throws Error */
  keysOf(alias: string, event: unknown, record: KeyedRecord): Readonly<Record<string, string>> {
    const keys: Record<string, string> = {}
    for (const [name, { key }] of Object.entries(this.#states)) {
      const keyOf = key[alias] as KeyOf | undefined
      if (!keyOf) continue
      const text: unknown = keyOf(event, record)
      checkKey(`states.${name}.key`, alias, text)
      keys[name] = text
    }
    return keys
  }

  /** The states of these keys, by their names. */
  valuesOf(keys: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      Object.entries(keys).map(([name, key]) => {
        const entry = this.#find(storeKey(name, key)) as Entry | null | undefined
        return [name, entry ? entry.value : this.#states[name]!.initial]
      }),
    )
  }

  /** What a step has returned as `state`, as the store takes it. @throws Error for a state that the event has none of */
  changesOf(
    step: string,
    keys: Readonly<Record<string, string>>,
    state: unknown,
  ): [key: string, entry: Entry | null][] {
    if (state === undefined || state === null) return []
    if (typeof state !== 'object' || Array.isArray(state)) throw new StepFault(`${step} returned state ${shown(state)}: it must be { ${Object.keys(keys).join(', ')} }`) // prettier-ignore
    return Object.entries(state as Readonly<Record<string, unknown>>).flatMap(
      ([of, value]): [string, Entry | null][] => {
        if (value === undefined) return []
        if (keys[of] === undefined) throw new StepFault(`${step} returned state.${of}, which is not a state of that input: it has ${Object.keys(keys).join(', ') || 'none'}`) // prettier-ignore
        return [[storeKey(of, keys[of]), value === null ? null : { of, value }]]
      },
    )
  }
}
