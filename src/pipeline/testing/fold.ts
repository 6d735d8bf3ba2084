import { decodeText } from '../codec/decode.ts'
import { noKey } from '../events/define-topic.ts'
import type { ContextSource } from '../worker/context.ts'
import { normalWorker } from '../worker/define-worker.ts'
import type { AnyWorker, OptionSpecs } from '../worker/definition.ts'
import type { Outgoing } from '../worker/emission.ts'
import { Execution } from '../worker/execution.ts'
import { SeveralStates } from '../worker/several-states.ts'
import { StateStore } from '../worker/state.ts'
import type { TopicEvent } from './events.ts'

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
    const { inputs, state } = this.#worker
    const alias = Object.keys(inputs).find((name) => inputs[name]!.name === topic.name)
    if (alias === undefined) throw new Error(`${topic.name} is not an input of ${this.#worker.name}`)
    if (this.#several) this.#lastKeys = this.#several.keysOf(alias, event)
    else this.lastKey = (state?.key[alias] as ((event: unknown) => string) | undefined)?.(event)
    const time = topic.timeOf?.(event)
    const offset = record.offset ?? this.#offset++
    const source: ContextSource = {
      origin: () => ({
        topic: topic.name,
        partition: record.partition ?? 0,
        offset,
        timestamp: record.timestamp ?? time ?? -1,
        key: asBytes(record.key === undefined ? keyOf(topic, event) : record.key),
        replays: 0,
      }),
      headers: () => Object.entries(record.headers ?? {}).map(([key, value]) => ({ key, value: Buffer.from(value) })),
    }
    const refused = this.#execution.take(alias, event, time, source)
    if (refused !== undefined) this.rejected.push(refused)
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
const keyOf = (topic: TopicEvent['topic'], event: unknown): string | null => topic.key === noKey ? null : topic.key(event) // prettier-ignore
