import { Comparison } from './comparison.ts'
import { readOutput } from './read-output.ts'
import type { AuditedInput, Findings, FoundOutput, Rule, RuleOf, RuleSetup } from './rule.ts'

/** The events that must follow from an input, in their order; undefined: the worker must refuse it. */
type EventsOf<Event> = (input: AuditedInput) => readonly Event[] | undefined

/**
 * A rule that says of each input which events must follow from it. `begin` is called once an audit, and may keep what has come so far.
 * `aliases`: the worker's inputs, in the order in which they are to be read: each one wholly before the next. Of users whose records took
 * the detour through the inbox nobody knows the order: theirs are left out, and counted as limited.
 */
export const expectedEvents =
  <Event>(aliases: readonly string[], begin: (setup: RuleSetup) => EventsOf<Event>): RuleOf =>
  (setup) =>
    new ExpectedEvents<Event>(aliases, setup, begin(setup))

class ExpectedEvents<Event> implements Rule {
  readonly aliases: readonly string[]
  readonly #setup: RuleSetup
  readonly #eventsOf: EventsOf<Event>
  readonly #comparison: Comparison
  readonly #limited = new Set<string>()

  constructor(aliases: readonly string[], setup: RuleSetup, eventsOf: EventsOf<Event>) {
    this.aliases = aliases
    this.#setup = setup
    this.#eventsOf = eventsOf
    this.#comparison = new Comparison(setup.output, setup.partitionOf)
  }

  input(record: AuditedInput): boolean {
    const events = this.#eventsOf(record)
    const { output } = this.#setup
    for (const event of events ?? [])
      if (!this.#isLimited(event))
        this.#comparison.expect(output.key(event), output.shape.encode(event), record.place, {
          required: record.required,
          ordered: true,
        })
    return events === undefined
  }

  output(record: FoundOutput): void {
    const event = readOutput(this.#setup.output, record)
    if (event === undefined || !this.#isLimited(event)) this.#comparison.find(record)
  }

  lead(partition: number): number {
    return this.#comparison.lead(partition)
  }

  findings(): Findings {
    return { ...this.#comparison.findings(), limited: this.#limited.size }
  }

  #isLimited(event: unknown): boolean {
    const { output, unordered } = this.#setup
    const user = output.userOf?.(event)
    if (user === undefined || !unordered.has(String(user))) return false
    this.#limited.add(String(user))
    return true
  }
}
