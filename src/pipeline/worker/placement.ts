import { checkKey } from './check-result.ts'
import { isCustom, type AnyState, type AnyWorker } from './definition.ts'
import type { KeyedRecord } from './keyed-record.ts'
import { liesByRecordKey } from './null-values.ts'
import { StepFault } from './step-fault.ts'

/**
 * The text that decides in which partition an event's state lies: events with the same text meet in one task. Where records may have no value,
 * those have the event `null`, and lie by their keys. @throws NoRecordKey, only of a custom worker
 */
export type PlaceOf = (event: unknown, record: KeyedRecord) => string

/** For each input its `PlaceOf`: what `partitionBy` says, else the key of the state. Empty for a worker that keeps no state. */
export function placesOf(worker: AnyWorker): Readonly<Record<string, PlaceOf>> {
  const { inputs, state, partitionBy = {} } = worker
  if (!state) return {}
  return Object.fromEntries(
    Object.keys(inputs).flatMap((alias) => {
      const own = partitionBy[alias]
      const placeOf = (own ?? keyOf(worker, alias)) as PlaceOf | undefined
      // an input that has nothing to do with any state
      if (!placeOf) return []
      return [[alias, isCustom(worker) ? checked(placeOf, own ? 'partitionBy' : 'state.key', { alias, nulls: liesByRecordKey(worker, alias) }) : placeOf]] // prettier-ignore
    }),
  )
}

/** The key of an input's state; of several states, that of one of them: without `partitionBy` they all have the same. */
const keyOf = (worker: AnyWorker, alias: string): unknown =>
  Object.values(statesOf(worker)).find(({ key }) => key[alias])?.key[alias]

/** The only state, or each of several by its name. */
const statesOf = ({ state, states }: AnyWorker): Readonly<Record<string, Pick<AnyState, 'key'>>> =>
  states ?? (state ? { '': state } : {})

/** The states whose key says where they lie, by their names: those with an input that has no `partitionBy`. */
export const statesByKey = (worker: AnyWorker): ReadonlySet<string> =>
  new Set(
    Object.entries(statesOf(worker))
      .filter(([, { key }]) => Object.keys(key).some((alias) => key[alias] && !worker.partitionBy?.[alias]))
      .map(([name]) => name),
  )

const checked =
  (placeOf: PlaceOf, part: 'state.key' | 'partitionBy', { alias, nulls }: { alias: string; nulls: boolean }): PlaceOf =>
  (event, record) => {
    if (nulls && event === null) return record.key
    const text: unknown = placeOf(event, record)
    checkKey(part, alias, text)
    return text
  }

/** So many keys are remembered at most: a contradiction shows in the first records, or never. */
const MOST_REMEMBERED = 10_000

/**
 * Notices a `partitionBy` under which one state would be kept in several partitions, each with a part of the figures: a key must always come with
 * the same text, which is the key itself as soon as one input of the state is placed by it.
 */
export class PlacementCheck {
  readonly #partitionBy: Readonly<Record<string, PlaceOf | undefined>>
  readonly #byKey: ReadonlySet<string>
  readonly #textOf = new Map<string, string>()

  constructor(worker: AnyWorker) {
    this.#partitionBy = (worker.partitionBy ?? {}) as unknown as Readonly<Record<string, PlaceOf | undefined>>
    this.#byKey = statesByKey(worker)
  }

  /** `name`: of the state, where there are several. @throws Error that names both texts */
  check(
    alias: string,
    event: unknown,
    { key, name = '', record }: { key: string; name?: string; record: KeyedRecord },
  ): void {
    const text = this.#partitionBy[alias]?.(event, record)
    if (text === undefined) return
    const id = `${name}/${key}`
    const before = this.#byKey.has(name) ? key : this.#textOf.get(id)
    if (before === undefined) this.#remember(id, text)
    else if (before !== text)
      throw new StepFault(`partitionBy.${alias} returned ${JSON.stringify(text)} for the state of ${JSON.stringify(key)}, which lies by ${JSON.stringify(before)}: the state of one key must lie in one partition`) // prettier-ignore
  }

  #remember(id: string, text: string): void {
    if (this.#textOf.size >= MOST_REMEMBERED) this.#textOf.clear()
    this.#textOf.set(id, text)
  }
}
