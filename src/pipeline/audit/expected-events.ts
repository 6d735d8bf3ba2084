import { Comparison } from './comparison.ts'
import { readOutput } from './read-output.ts'
import type { AuditedInput, Findings, FoundOutput, Rule, RuleOf, RuleSetup } from './rule.ts'

/** The events that must follow from an input, in their order; undefined: the worker must refuse it. */
type EventsOf<Event> = (input: AuditedInput) => readonly Event[] | undefined

/**
 * A rule that says of each input which events must follow from it. `begin` is called once an audit, and may keep what has come so far.
 * `aliases`: the worker's inputs, in the order in which they are to be read: each one wholly before the next. Where records of a state took
 * the detour through the inbox, nobody knows in which order they were processed: what follows from them is left out, and counted as limited.
 * `placeOf`: the text that decides where the state of an output event lies; its key when absent.
 */
export const expectedEvents =
  <Event>(
    aliases: readonly string[],
    begin: (setup: RuleSetup) => EventsOf<Event>,
    { placeOf }: { readonly placeOf?: (event: Event) => string } = {},
  ): RuleOf =>
  (setup) =>
    new ExpectedEvents<Event>(aliases, setup, begin(setup), placeOf ?? ((event) => setup.output.key(event)))

class ExpectedEvents<Event> implements Rule {
  readonly aliases: readonly string[]
  readonly #setup: RuleSetup
  readonly #eventsOf: EventsOf<Event>
  readonly #placeOf: (event: Event) => string
  readonly #comparison: Comparison
  readonly #limited = new Set<string>()

  constructor(
    aliases: readonly string[],
    setup: RuleSetup,
    eventsOf: EventsOf<Event>,
    placeOf: (event: Event) => string,
  ) {
    this.aliases = aliases
    this.#setup = setup
    this.#eventsOf = eventsOf
    this.#placeOf = placeOf
    this.#comparison = new Comparison(setup.output, setup.partitionOf)
  }

  input(record: AuditedInput): boolean {
    const events = this.#eventsOf(record)
    const { output } = this.#setup
    for (const event of events ?? []) {
      this.#mustBePlaced(event, record.text)
      if (!this.#isLimited(event))
        this.#comparison.expect(output.key(event), output.shape.encode(event), record.place, {
          required: record.required,
          ordered: true,
        })
    }
    return events === undefined
  }

  output(record: FoundOutput): void {
    const event = readOutput(this.#setup.output, record) as Event | undefined
    if (event === undefined || !this.#isLimited(event)) this.#comparison.find(record)
  }

  lead(partition: number): number {
    return this.#comparison.lead(partition)
  }

  findings(): Findings {
    return { ...this.#comparison.findings(), limited: this.#limited.size }
  }

  #isLimited(event: Event): boolean {
    const { unordered } = this.#setup
    if (unordered.size === 0) return false
    const text = this.#placeOf(event)
    if (!unordered.has(text)) return false
    this.#limited.add(text)
    return true
  }

  /** Otherwise what cannot be judged could not be told from what is wrong. */
  #mustBePlaced(event: Event, text: string | undefined): void {
    if (text === undefined || !this.#setup.unordered.has(text) || this.#placeOf(event) === text) return
    throw new Error(`the audit must know which events follow from records that were handed on: expectedEvents(aliases, begin, { placeOf: (event) => text }) must give ${JSON.stringify(text)} for ${this.#setup.output.shape.encode(event)}`) // prettier-ignore
  }
}
