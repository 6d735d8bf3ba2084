import { isCustom, type AnyWorker } from './definition.ts'
import { addTo, noTally, type Tally, type TallyRules } from './tally.ts'

/** What is counted of steps, and of what their outputs mean. */
export class StepFigures {
  readonly #rules: TallyRules<unknown, unknown> | undefined
  #late = 0
  #tally = noTally()

  constructor(worker: AnyWorker) {
    this.#rules = isCustom(worker) ? undefined : (worker.tally as TallyRules<unknown, unknown> | undefined)
  }

  /** A step has said that its event came too late to count. */
  addLate(): void {
    this.#late++
  }

  /** `before`: the key's state as the step was given it. */
  add(outputs: readonly unknown[], before: unknown): void {
    if (this.#rules) addTo(this.#tally, this.#rules, outputs, before)
  }

  /** Late events since the last call. */
  takeLate(): number {
    const late = this.#late
    this.#late = 0
    return late
  }

  /** What is counted of the outputs since the last call; undefined where the worker counts nothing. */
  takeTally(): Tally | undefined {
    if (!this.#rules) return undefined
    const tally = this.#tally
    this.#tally = noTally()
    return tally
  }
}
