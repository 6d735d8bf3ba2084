import { Execution } from '../worker/execution.ts'
import { StateStore } from '../worker/state.ts'
import type { AnyWorker, OptionSpecs } from '../worker/definition.ts'
import type { TopicEvent } from './events.ts'

/** What the options of a worker are when the given ones are typed and the others left out. */
function optionsOf(specs: OptionSpecs = {}, typed: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  const unknown = Object.keys(typed).find((name) => !(name in specs))
  if (unknown !== undefined) throw new Error(`the worker has no option ${unknown}`)
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, spec.parse(typed[name] ?? spec.default)]),
  )
}

/** Takes a worker's events one after the other, as a task does, but without Kafka: every check of the execution is on. */
export class Fold {
  /** Output events as their readers decode them. */
  readonly emitted: unknown[] = []
  readonly rejected: string[] = []
  readonly state: StateStore
  /** The key of the last event's state. */
  lastKey: string | undefined
  readonly #worker: AnyWorker
  readonly #execution: Execution

  constructor(worker: AnyWorker, typed: Readonly<Record<string, string>> = {}) {
    const options = optionsOf(worker.options, typed)
    this.#worker = worker
    this.state = new StateStore(worker, options, true)
    this.#execution = new Execution({
      worker,
      options,
      state: this.state,
      emit: (_key, value) => this.#read(value),
      checked: true,
    })
  }

  get eventTime(): number {
    return this.#execution.eventTime
  }

  process({ topic, event }: TopicEvent): void {
    const { inputs, state } = this.#worker
    const alias = Object.keys(inputs).find((name) => inputs[name]!.name === topic.name)
    if (alias === undefined) throw new Error(`${topic.name} is not an input of ${this.#worker.name}`)
    this.lastKey = (state?.key[alias] as ((event: unknown) => string) | undefined)?.(event)
    const refused = this.#execution.take(alias, event, topic.timeOf?.(event))
    if (refused !== undefined) this.rejected.push(refused)
  }

  /** Event time moves on without an event, if that is further than it is. */
  advance(time: number): void {
    this.#execution.advance(time)
  }

  #read(value: string): void {
    const decoded = this.#worker.output.shape.decode(JSON.parse(value))
    if ('reason' in decoded) throw new Error(`emitted an event that no consumer would take: ${decoded.reason}`)
    this.emitted.push(decoded.event)
  }
}
