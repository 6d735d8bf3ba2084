import { deadLetterOf, reasonKind, resetIn, textOf, type DeadLetter } from '../dead-letters/dead-letter.ts'
import { refusedPart } from '../dead-letters/refused-part.ts'
import type { LogRecord } from '../../kafka/merged-read.ts'
import type { LetterView, LettersView } from './model.ts'

const NEWEST = 20
const MOST_REASONS = 1_000
const MOST_TEXT = 400
const OTHER = 'other reasons'

interface Count {
  readonly worker: string
  readonly partition: number
  readonly reason: string
  count: number
}

/** Dead letters by worker and reason, as `payflow dead-letters list` counts them: those before a reset of their worker are void. */
export class Letters {
  readonly #counts = new Map<string, Count>()
  #newest: DeadLetter[] = []

  /** The dead letter that it took, if the record is one. */
  take(record: LogRecord): DeadLetter | undefined {
    const reset = resetIn(record)
    if (reset !== undefined) {
      for (const [key, { worker, partition }] of this.#counts)
        if (worker === reset && partition === record.partition) this.#counts.delete(key)
      this.#newest = this.#newest.filter(
        (letter) => letter.worker !== reset || letter.record.partition !== record.partition,
      )
      return undefined
    }
    const letter = deadLetterOf(record)
    if (!letter) return undefined
    const { worker } = letter
    const kind = reasonKind(letter.reason)
    const known = this.#counts.has(keyOf(worker, record.partition, kind))
    const reason = known || this.#counts.size < MOST_REASONS ? kind : OTHER
    const key = keyOf(worker, record.partition, reason)
    const entry = this.#counts.get(key) ?? { worker, partition: record.partition, reason, count: 0 }
    entry.count++
    this.#counts.set(key, entry)
    this.#newest.unshift(letter)
    if (this.#newest.length > NEWEST) this.#newest.pop()
    return letter
  }

  forget(): void {
    this.#counts.clear()
    this.#newest = []
  }

  view(): LettersView {
    const reasons = new Map<string, { worker: string; reason: string; count: number }>()
    for (const { worker, reason, count } of this.#counts.values()) {
      const key = `${worker} ${reason}`
      const entry = reasons.get(key) ?? { worker, reason, count: 0 }
      entry.count += count
      reasons.set(key, entry)
    }
    const sorted = [...reasons.values()].sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
    return {
      total: sorted.reduce((sum, { count }) => sum + count, 0),
      reasons: sorted,
      newest: this.#newest.map(viewOf),
    }
  }
}

const keyOf = (worker: string, partition: number, reason: string): string => `${worker} ${partition} ${reason}`

function viewOf({ id, worker, reason, origin, refusedAtMs, record }: DeadLetter): LetterView {
  const text = textOf(record.value)
  const part = text === undefined ? undefined : refusedPart(text, reason)
  const value = record.value === null ? null : (text ?? `hex ${record.value.subarray(0, MOST_TEXT / 2).toString('hex')}`) // prettier-ignore
  const blamed = part && part.end <= MOST_TEXT ? { from: part.start, to: part.end } : null
  return {
    ...{ id, worker, reason },
    ...{ topic: origin.topic, partition: origin.partition, offset: origin.offset, atMs: refusedAtMs },
    value: value === null ? null : value.slice(0, MOST_TEXT),
    blamed,
  }
}
