import type { OptionSpecs, StepResult } from '../../src/pipeline/worker.ts'
import type { AnyWorker } from '../../src/pipeline/worker.ts'
import type { TopicEvent } from './events.ts'

type Step = (event: unknown, state: unknown, options: unknown) => StepResult<unknown, unknown> | undefined
type OnTime = (now: number, state: unknown, options: unknown) => StepResult<unknown, unknown> | undefined
type DueAt = (state: unknown, options: unknown) => number | undefined

/** What the options of a worker are when the given ones are typed and the others left out. */
export function optionsOf(
  specs: OptionSpecs = {},
  typed: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  const unknown = Object.keys(typed).find((name) => !(name in specs))
  if (unknown !== undefined) throw new Error(`the worker has no option ${unknown}`)
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, spec.parse(typed[name] ?? spec.default)]),
  )
}

/** Runs a worker's steps one event after the other, as the runtime does for one partition, but without Kafka. */
export class Fold {
  readonly emitted: unknown[] = []
  readonly rejected: string[] = []
  readonly states = new Map<string, unknown>()
  /** The key of the last event's state. */
  lastKey: string | undefined
  eventTime = -Infinity
  readonly #worker: AnyWorker
  readonly #options: unknown
  /** No timer is due before. */
  #nextDue = -Infinity

  constructor(worker: AnyWorker, typed: Readonly<Record<string, string>> = {}) {
    this.#worker = worker
    this.#options = freeze(optionsOf(worker.options, typed))
  }

  process({ topic, event }: TopicEvent): void {
    const { inputs, on, state } = this.#worker
    const alias = Object.keys(inputs).find((name) => inputs[name]!.name === topic.name)
    if (alias === undefined) throw new Error(`${topic.name} is no input of ${this.#worker.name}`)
    const key = (state?.key[alias] as ((event: unknown) => string) | undefined)?.(event)
    this.lastKey = key
    const result = (on[alias] as unknown as Step)(freeze(event), this.#stateOf(key), this.#options)
    if (result?.reject !== undefined) return void this.rejected.push(result.reject)
    this.#apply(key, result)
    const time = topic.timeOf?.(event)
    if (time !== undefined) this.advance(time)
  }

  /** Moves event time on, if that is further than it is: timers fire, earliest first. */
  advance(time: number): void {
    if (time <= this.eventTime) return
    this.eventTime = time
    const onTime = this.#worker.onTime as OnTime | undefined
    while (this.#nextDue <= time) {
      const due = [...this.states.keys()].map((key) => ({ key, at: this.#dueOf(key) }))
      const { key, at } = due.reduce((first, other) => (other.at < first.at ? other : first), { key: '', at: Infinity })
      this.#nextDue = at
      if (at > time) return
      this.#apply(key, onTime!(time, this.#stateOf(key), this.#options))
      if (this.#dueOf(key) <= time) throw new Error(`the timer of ${key} is due for ever`)
    }
  }

  #dueOf(key: string): number {
    const dueAt = this.#worker.dueAt as DueAt | undefined
    return dueAt?.(this.#stateOf(key), this.#options) ?? Infinity
  }

  #stateOf(key: string | undefined): unknown {
    return key !== undefined && this.states.has(key) ? this.states.get(key) : this.#worker.state?.initial
  }

  #apply(key: string | undefined, result: StepResult<unknown, unknown> | undefined): void {
    const { output, state: spec } = this.#worker
    for (const event of result?.emit ?? []) this.emitted.push(asRead(output.shape, event))
    if (result?.state === undefined || key === undefined || !spec) return
    if (result.state === null) this.states.delete(key)
    else this.states.set(key, freeze(spec.schema.parse(JSON.parse(JSON.stringify(result.state)))))
    this.#nextDue = Math.min(this.#nextDue, this.#dueOf(key))
  }
}

/** An emitted event as a consumer gets it: over the wire and back. */
function asRead(shape: AnyWorker['output']['shape'], event: unknown): unknown {
  const decoded = shape.decode(JSON.parse(shape.encode(event)))
  if ('reason' in decoded) throw new Error(`emitted an event that no consumer would take: ${decoded.reason}`)
  return decoded.event
}

/** Steps are pure: one that changes its event or its old state throws. */
function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}
