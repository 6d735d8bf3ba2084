import { checkKey, checkResult } from '../worker/check-result.ts'
import { StateStore } from '../worker/state.ts'
import type { TopicSpec } from '../events/topics.ts'
import type { AnyWorker, OptionSpecs, StepResult } from '../worker/definition.ts'
import type { TopicEvent } from './events.ts'

type Step = (event: unknown, state: unknown, options: unknown) => StepResult<unknown, unknown> | undefined
type OnTime = (now: number, state: unknown, options: unknown) => StepResult<unknown, unknown> | undefined

/** What the options of a worker are when the given ones are typed and the others left out. */
function optionsOf(specs: OptionSpecs = {}, typed: Readonly<Record<string, string>> = {}): Record<string, unknown> {
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
  readonly state: StateStore
  /** The key of the last event's state. */
  lastKey: string | undefined
  eventTime = -Infinity
  readonly #worker: AnyWorker
  readonly #options: unknown

  constructor(worker: AnyWorker, typed: Readonly<Record<string, string>> = {}) {
    this.#worker = worker
    this.#options = freeze(optionsOf(worker.options, typed))
    this.state = new StateStore(worker, this.#options)
  }

  process({ topic, event }: TopicEvent): void {
    const { inputs, on, state } = this.#worker
    const alias = Object.keys(inputs).find((name) => inputs[name]!.name === topic.name)
    if (alias === undefined) throw new Error(`${topic.name} is no input of ${this.#worker.name}`)
    const key = (state?.key[alias] as ((event: unknown) => string) | undefined)?.(event)
    this.lastKey = key
    if (state) checkKey(alias, key)
    const before = key === undefined ? undefined : this.state.get(key)
    const result = (on[alias] as unknown as Step)(freeze(event), before, this.#options)
    checkResult(this.#worker, `on.${alias}`, result)
    if (result?.reject !== undefined) return void this.rejected.push(result.reject)
    this.#apply(key, result)
    const time = topic.timeOf?.(event)
    if (time !== undefined) this.advance(time)
  }

  /** Moves event time on, if that is further than it is: timers up to it fire, also those of an event that came late. */
  advance(time: number): void {
    if (time > this.eventTime) this.eventTime = time
    const onTime = this.#worker.onTime as OnTime | undefined
    if (!onTime) return
    for (const key of this.state.due(this.eventTime)) {
      const result = onTime(this.eventTime, this.state.get(key), this.#options)
      checkResult(this.#worker, 'onTime', result)
      if (result?.reject !== undefined) throw new Error(`onTime refused something: ${result.reject}`)
      this.#apply(key, result)
      this.state.refuseDue(key, this.eventTime)
    }
  }

  /** Results as they are read again: events by consumers, state from the changelog. */
  #apply(key: string | undefined, result: StepResult<unknown, unknown> | undefined): void {
    for (const event of result?.emit ?? []) this.emitted.push(asRead(this.#worker.output.shape, event))
    if (result?.state === undefined || key === undefined) return
    this.state.set(key, freeze(result.state === null ? null : JSON.parse(JSON.stringify(result.state))))
  }
}

function asRead(shape: TopicSpec['shape'], event: unknown): unknown {
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
