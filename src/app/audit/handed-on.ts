import { fingerprint } from '../../pipeline/audit/fingerprint.ts'
import type { Difference, Place } from '../../pipeline/audit/rule.ts'
import { decodeRecord } from '../../pipeline/codec/decode.ts'
import { DEAD_LETTERS, inboxTopic, type TopicSpec } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { orRefusal, RecordKey } from '../../pipeline/worker/keyed-record.ts'
import { liesByRecordKey } from '../../pipeline/worker/null-values.ts'
import { placesOf, type PlaceOf } from '../../pipeline/worker/placement.ts'
import { Copies } from './copies.ts'
import { isCut, originOf, originalKey, placeText, reasonOf, workerOf } from './origin.ts'
import type { RecordCursor } from '../../kafka/records.ts'

interface Replay extends Difference {
  readonly origin: number
}

const identityOf = (place: Place): number => fingerprint(placeText(place))
/** A stray counts only where it must lie, and under the key that says so. */
const strayKey = (partition: number, key: string | null): Buffer => Buffer.from(`${partition} ${key ?? ''}`)

/** What one worker has handed on instead of processing it: dead letters, and strays in its inbox. */
export class HandedOn {
  /** Texts that decide the partition of records that lie in the inbox. */
  readonly unordered = new Set<string>()
  readonly #worker: AnyWorker
  readonly #places: Readonly<Record<string, PlaceOf>>
  readonly #deadLetters = new Copies(DEAD_LETTERS, 'a dead letter')
  readonly #strays: Copies
  readonly #refused = new Set<number>()
  /** How many bytes of key and value are kept of those that were too large, by where they lie. */
  readonly #cuts = new Map<number, { key: number; value: number }>()
  /** Why records were refused that a rule would have taken, by where they lie. */
  readonly #excuses = new Map<number, string>()
  readonly #replays: Replay[] = []
  readonly #orphans: Difference[] = []

  constructor(worker: AnyWorker) {
    this.#worker = worker
    this.#places = placesOf(worker)
    this.#strays = new Copies(inboxTopic(worker.name), 'a stray')
  }

  get deadLetters(): number {
    return this.#deadLetters.found
  }

  /** A record of the inbox: a stray of its own worker, or a dead letter that somebody replayed. */
  foundInInbox(record: RecordCursor, partition: number): void {
    const origin = originOf(record.headers())
    const [alias, spec] = Object.entries(this.#worker.inputs).find(([, { name }]) => name === origin?.topic) ?? []
    const text = spec && this.#textOf(record, alias!, spec)
    if (text !== undefined) this.unordered.add(text)
    const at = { topic: inboxTopic(this.#worker.name), partition, offset: record.offset }
    if (origin?.replays === 0) {
      this.#strays.find(at, origin, { key: strayKey(partition, record.keyText()), value: record.value() })
      return
    }
    const line = { ...at, expected: null, found: record.valueText() ?? 'null' }
    if (!origin) this.#orphans.push({ ...line, note: 'nobody handed it on' })
    else this.#replays.push({ ...line, note: `${placeText(origin)} was never refused`, origin: identityOf(origin) })
  }

  #textOf(record: RecordCursor, alias: string, spec: TopicSpec): string | undefined {
    const decoded = record.value() === null ? { event: null } : decodeRecord(spec, record.value())
    if (!('event' in decoded) || (decoded.event === null && !liesByRecordKey(this.#worker, alias))) return undefined
    const keyed = new RecordKey(() => originalKey(record.headers(), record.key()))
    const text = orRefusal(() => this.#places[alias]?.(decoded.event, keyed))
    return 'value' in text ? text.value : undefined
  }

  /** `mayExcuse`: whether a rule may have to take this reason for granted. */
  foundDeadLetter(record: RecordCursor, partition: number, mayExcuse: (reason: string) => boolean): void {
    const headers = record.headers()
    const origin = originOf(headers)
    if (workerOf(headers) !== this.#worker.name || !origin) return
    const at = { topic: DEAD_LETTERS, partition, offset: record.offset }
    this.#deadLetters.find(at, origin, { key: record.key(), value: record.value() })
    const identity = identityOf(origin)
    this.#refused.add(identity)
    if (isCut(headers)) this.#cuts.set(identity, { key: record.key()?.length ?? 0, value: record.value()?.length ?? 0 })
    const reason = reasonOf(headers)
    if (mayExcuse(reason)) this.#excuses.set(identity, reason)
  }

  /** Why the record was refused, if a rule cannot tell. */
  excuseOf(place: Place): string | undefined {
    return this.#excuses.size === 0 ? undefined : this.#excuses.get(identityOf(place))
  }

  expectDeadLetter(record: RecordCursor, place: Place, required: boolean): void {
    const cut = this.#cuts.size === 0 ? undefined : this.#cuts.get(identityOf(place))
    const key = originalKey(record.headers(), record.key())?.subarray(0, cut?.key) ?? null
    this.#deadLetters.expect(place, { key, value: record.value()?.subarray(0, cut?.value) ?? null }, required)
  }

  expectStray(record: RecordCursor, place: Place, home: number, text: string, required: boolean): void {
    this.#strays.expect(place, { key: strayKey(home, text), value: record.value() }, required)
  }

  /** `isLater`: whether a record lies beyond what is judged. */
  findings(isLater: (origin: Place) => boolean): { missing: number; unexpected: number; differences: Difference[] } {
    const letters = this.#deadLetters.findings(isLater)
    const strays = this.#strays.findings(isLater)
    const orphans = [...this.#orphans, ...this.#replays.filter(({ origin }) => !this.#refused.has(origin))]
    return {
      missing: letters.missing + strays.missing,
      unexpected: letters.unexpected + strays.unexpected + orphans.length,
      differences: [...letters.differences, ...strays.differences, ...orphans.map(withoutOrigin)],
    }
  }
}

const withoutOrigin = ({ topic, partition, offset, expected, found, note }: Difference): Difference => ({
  ...{ topic, partition, offset, expected, found },
  ...(note !== undefined && { note }),
})
