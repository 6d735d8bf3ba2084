import { decodeText } from '../codec/decode.ts'
import { hasNoKey } from '../events/define-topic.ts'
import type { ContextSource } from '../worker/context.ts'
import { normalWorker } from '../worker/define-worker.ts'
import type { AnyWorker } from '../worker/definition.ts'
import type { OptionSpecs } from '../worker/option-specs.ts'
import type { Outgoing } from '../worker/emission.ts'
import { Execution } from '../worker/execution.ts'
import { keyTextOf, orRefusal, RecordKey, type KeyedRecord } from '../worker/keyed-record.ts'
import { meaningOfNull, statesFor } from '../worker/null-values.ts'
import { SeveralStates } from '../worker/several-states.ts'
import { StateStore } from '../worker/state.ts'
import type { GivenRecord, Tombstone, TopicEvent } from './events.ts'

/** What the options of a worker are when the given ones are typed and the others left out. */
function optionsOf(specs: OptionSpecs = {}, typed: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  const unknown = Object.keys(typed).find((name) => !(name in specs))
  if (unknown !== undefined) throw new Error(`the worker has no option ${unknown}`)
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, spec.parse(typed[name] ?? spec.default)]),
  )
}

/** A record of an output, as its readers get it. */
export interface Emission {
  /** The name of the output; empty where there is only one. */
  readonly to: string
  readonly event: unknown
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
}

/** Takes a worker's events one after the other, as a task does, but without Kafka: every check of the execution is on. */
export class Fold {
  /** Output events as their readers decode them. */
  readonly emitted: unknown[] = []
  /** The same, with what their records carry. */
  readonly records: Emission[] = []
  readonly rejected: string[] = []
  readonly state: StateStore
  /** The key of the last event's state. */
  lastKey: string | undefined
  readonly #worker: AnyWorker
  readonly #execution: Execution
  readonly #several: SeveralStates | undefined
  #lastKeys: Readonly<Record<string, string>> = {}
  #offset = 0

  constructor(definition: AnyWorker, typed: Readonly<Record<string, string>> = {}) {
    const worker = normalWorker(definition)
    const options = optionsOf(worker.options, typed)
    this.#worker = worker
    this.state = new StateStore(worker, options, true)
    if (worker.states) this.#several = new SeveralStates(worker.states, (key) => this.state.find(key))
    this.#execution = new Execution({
      worker,
      options,
      state: this.state,
      emit: (_key, _value, record) => this.#read(record!),
      checked: true,
    })
  }

  get eventTime(): number {
    return this.#execution.eventTime
  }

  /** The state of the last event's key, null when it has none; of several states each, by their names. */
  get lastState(): unknown {
    if (!this.#several) return this.state.find(this.lastKey ?? '') ?? null
    return this.#several.valuesOf(this.#lastKeys)
  }

  process({ topic, event, record = {} }: TopicEvent): void {
    const alias = this.#aliasOf(topic)
    const time = topic.timeOf?.(event)
    const key = asBytes(record.key === undefined ? keyOf(topic, event) : record.key)
    this.#remember(alias, event, new RecordKey(() => key))
    const refused = this.#execution.take(alias, event, time, this.#source(topic, { timestamp: time ?? -1, ...record }, key)) // prettier-ignore
    if (refused !== undefined) this.rejected.push(refused)
  }

  processNull({ topic, tombstone }: Tombstone): void {
    const alias = this.#aliasOf(topic)
    if (meaningOfNull(this.#worker, alias) === undefined) {
      this.rejected.push('the value is empty')
      return
    }
    const key = asBytes(tombstone.key)
    const names = statesFor(this.#worker, alias)
    const text = orRefusal(() => keyTextOf(key))
    if ('value' in text && this.#several) this.#lastKeys = Object.fromEntries(names.map((name) => [name, text.value]))
    else if ('value' in text) this.lastKey = text.value
    const refused = this.#execution.takeNull(alias, this.#source(topic, tombstone, key))
    if (refused !== undefined) this.rejected.push(refused)
  }

  #aliasOf({ name }: TopicEvent['topic']): string {
    const { inputs } = this.#worker
    const alias = Object.keys(inputs).find((each) => inputs[each]!.name === name)
    if (alias === undefined) throw new Error(`${name} is not an input of ${this.#worker.name}`)
    return alias
  }

  /** Whose state `lastState` shows; none of a record that has not the key that its state lies by. */
  #remember(alias: string, event: unknown, record: KeyedRecord): void {
    const keyOfState = this.#worker.state?.key[alias] as ((event: unknown, record: KeyedRecord) => string) | undefined
    const keys = orRefusal(() => (this.#several ? this.#several.keysOf(alias, event, record) : keyOfState?.(event, record))) // prettier-ignore
    const found = 'value' in keys ? keys.value : undefined
    if (typeof found === 'object') this.#lastKeys = found
    else this.lastKey = found
  }

  #source(topic: TopicEvent['topic'], record: GivenRecord, key: Buffer | null): ContextSource {
    const offset = record.offset ?? this.#offset++
    const { partition = 0, timestamp = -1, headers = {} } = record
    return {
      origin: () => ({ topic: topic.name, partition, offset, timestamp, key, replays: 0 }),
      headers: () => Object.entries(headers).map(([name, value]) => ({ key: name, value: Buffer.from(value) })),
    }
  }

  /** Event time moves on without an event, if that is further than it is. */
  advance(time: number): void {
    this.#execution.advance(time)
  }

  /** Forgets what came out so far. */
  clear(): void {
    this.emitted.length = 0
    this.records.length = 0
    this.rejected.length = 0
  }

  #read({ topic, key, value, headers = [] }: Outgoing): void {
    const { output, outputs = { '': output } } = this.#worker
    const [to, spec] = Object.entries(outputs).find(([, { name }]) => name === topic)!
    const decoded = decodeText(spec, value)
    if ('reason' in decoded) throw new Error(`emitted an event that no consumer would take: ${decoded.reason}`)
    const texts = Object.fromEntries(headers.map((header) => [header.key, header.value.toString()]))
    this.emitted.push(decoded.event)
    this.records.push({ to, event: decoded.event, key, headers: texts })
  }
}

const asBytes = (key: string | null): Buffer | null => (key === null ? null : Buffer.from(key))
const keyOf = (topic: TopicEvent['topic'], event: unknown): string | null => hasNoKey(topic) ? null : topic.key(event) // prettier-ignore
