/** What the key of a state, or `partitionBy`, may be made of besides the event. */
export interface KeyedRecord {
  /**
   * The record's key as text; of one that was handed on, the key that it came with. Where a record has none, or one that is not text,
   * reading it makes the record a dead letter: no state is kept under a key that nobody gave.
   */
  readonly key: string
}

/** A record without a key that its state could lie by: bad input, and not a fault of the worker. The message is why it is refused. */
export class NoRecordKey extends Error {
  override readonly name = 'NoRecordKey'
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A record's key as state can be kept under it. @throws NoRecordKey */
export function keyTextOf(key: Buffer | null): string {
  if (key === null) throw new NoRecordKey('the record has no key, and its state lies by it')
  // binary keys, such as numbers of 4 or 8 bytes, begin like that; the changelog keeps such keys for itself
  if (key[0] === 0) throw new NoRecordKey("the record's key begins with a NUL character, and its state lies by it")
  try {
    return utf8.decode(key)
  } catch {
    throw new NoRecordKey("the record's key is not UTF-8 text, and its state lies by it")
  }
}

/** Reads a key only when it is asked for. */
export class RecordKey implements KeyedRecord {
  readonly #bytes: () => Buffer | null

  constructor(bytes: () => Buffer | null) {
    this.#bytes = bytes
  }

  get key(): string {
    return keyTextOf(this.#bytes())
  }
}

/** What `read` gives, or why the record is refused. */
export function orRefusal<Value>(read: () => Value): { readonly value: Value } | { readonly refused: string } {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof NoRecordKey) return { refused: error.message }
    throw error
  }
}

/** Why a record is refused: for what its step says, or because it lacks the key that its state lies by. */
export function refusing(run: () => string | undefined): string | undefined {
  const done = orRefusal(run)
  return 'refused' in done ? done.refused : done.value
}
