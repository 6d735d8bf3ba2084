import { MAX_DIFFERENCES } from './difference-pairs.ts'
import { readOutput } from './read-output.ts'
import type { AuditedInput, Difference, Findings, FoundOutput, Rule, RuleOf, RuleSetup } from './rule.ts'

interface Totals<Event> {
  /** Takes an input; undefined when it changes nothing, false when the worker must refuse it, else the output's keys that it changes. */
  readonly input: (input: AuditedInput) => readonly string[] | false | undefined
  /** What the last event of each key must be, once all inputs are taken. */
  readonly events: () => Iterable<Event>
}

interface Last extends FoundOutput {
  readonly text: string
}

/**
 * A rule for totals: figures that come out the same in whatever order the inputs are taken, so that they can be judged even where records were
 * handed on. It says what the last event of each key must be. A key that an input changes which may have been processed or not is unjudged.
 */
export const expectedTotals =
  <Event>(aliases: readonly string[], begin: (setup: RuleSetup) => Totals<Event>): RuleOf =>
  (setup) =>
    new ExpectedTotals<Event>(aliases, setup, begin(setup))

class ExpectedTotals<Event> implements Rule {
  readonly aliases: readonly string[]
  readonly #setup: RuleSetup
  readonly #totals: Totals<Event>
  /** By partition and key: an event in a wrong partition is one too many. */
  readonly #found = new Map<string, Last>()
  readonly #open = new Set<string>()
  readonly #unreadable: FoundOutput[] = []

  constructor(aliases: readonly string[], setup: RuleSetup, totals: Totals<Event>) {
    this.aliases = aliases
    this.#setup = setup
    this.#totals = totals
  }

  input(record: AuditedInput): boolean {
    const changed = this.#totals.input(record)
    if (changed === false) return true
    if (!record.required) for (const key of changed ?? []) this.#open.add(key)
    return false
  }

  output(record: FoundOutput): void {
    const { output } = this.#setup
    const event = readOutput(output, record)
    if (event === undefined || record.key === null) this.#unreadable.push(record)
    else this.#found.set(`${record.partition} ${record.key}`, { ...record, text: output.shape.encode(event) })
  }

  /** Outputs are kept by key: it does not matter when they are read. */
  lead(): number {
    return 0
  }

  findings(): Findings {
    const { output, partitionOf } = this.#setup
    const found = new Map(this.#found)
    const differences: Difference[] = []
    const tally = { expected: 0, actual: this.#found.size + this.#unreadable.length, missing: 0, unexpected: 0, unjudged: 0 } // prettier-ignore
    for (const event of this.#totals.events()) {
      const [key, text] = [output.key(event), output.shape.encode(event)]
      const partition = partitionOf(key)
      const at = `${partition} ${key}`
      const last = found.get(at)
      found.delete(at)
      tally.expected++
      if (this.#open.has(key)) tally.unjudged++
      else if (last?.text !== text) {
        tally.missing++
        if (last) tally.unexpected++
        differences.push({ topic: output.name, partition, offset: last?.offset ?? null, expected: text, found: last?.text ?? null, note: `the last event of key ${key}` }) // prettier-ignore
      }
    }
    for (const { key, partition, offset, text } of [...found.values(), ...this.#unreadable]) {
      if (key !== null && this.#open.has(key) && partitionOf(key) === partition) continue
      tally.unexpected++
      differences.push({ topic: output.name, partition, offset, expected: null, found: text, note: 'no input gives an event of this key here' }) // prettier-ignore
    }
    return { ...tally, disordered: 0, limited: 0, differences: differences.slice(0, MAX_DIFFERENCES) }
  }
}
