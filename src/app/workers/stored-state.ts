import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { allOptions } from '../../pipeline/worker/max-ahead.ts'
import { definedKey, storedName } from '../../pipeline/worker/several-states.ts'
import { dueOf } from '../../pipeline/worker/state.ts'
import { valueOf } from '../../runtime/state/changelog.ts'

/** Whose state it is: a worker whose definition is here, or one that only the cluster knows. */
export type StateOwner = AnyWorker | { readonly name: string }

export const hasDefinition = (owner: StateOwner): owner is AnyWorker => 'on' in owner

/** How records of a changelog are read: its keys and texts as they stand there. */
export interface StoredState {
  /** The state's name, empty where a worker has only one, and the key as its definition gives it. */
  readonly keyOf: (stored: string, text: string) => { readonly name: string; readonly key: string }
  /** When its timer is due, in ms since 1970; undefined: never, or nobody here knows. @throws PayflowError for state that the definition cannot read */
  readonly dueOf: (stored: string, text: string) => number | undefined
}

export function storedStateOf(owner: StateOwner): StoredState {
  if (!hasDefinition(owner)) return { keyOf: storedName, dueOf: () => undefined }
  const options = Object.fromEntries(Object.entries(allOptions(owner)).map(([name, { parse, default: text }]) => [name, parse(text)])) // prettier-ignore
  return {
    keyOf: (stored) => definedKey(owner, stored),
    dueOf: (stored, text) => (owner.dueAt ? dueOf(owner, valueOf(owner, stored, text), options) : undefined),
  }
}
