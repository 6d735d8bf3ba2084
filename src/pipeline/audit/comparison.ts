import { decodeText } from '../codec/decode.ts'
import type { TopicSpec } from '../events/topics.ts'
import { MAX_DIFFERENCES, pairDifferences, type ExpectedLine, type FoundLine } from './difference-pairs.ts'
import { fingerprint } from './fingerprint.ts'
import { Ledger } from './ledger.ts'
import type { Difference, Findings, FoundOutput, Place } from './rule.ts'
import { SequenceCheck } from './sequence-check.ts'

const identityOf = (partition: number, key: string | null, text: string): number =>
  fingerprint(text, fingerprint(key ?? '\u0000', partition) | 0)

/** Holds the events that a topic must have against those that it has: content, key, partition, number, and the order of each key's events. */
export class Comparison {
  readonly #topic: TopicSpec
  readonly #partitionOf: (key: string) => number
  readonly #ledger = new Ledger<ExpectedLine, FoundLine>()
  readonly #sequences = new SequenceCheck()
  readonly #leads: number[] = []
  readonly #wrong: FoundLine[] = []
  #wrongCount = 0

  constructor(topic: TopicSpec, partitionOf: (key: string) => number) {
    this.#topic = topic
    this.#partitionOf = partitionOf
  }

  /** `ordered`: the events of a key from one partition of the input come in the order of the input. */
  expect(
    key: string,
    text: string,
    input: Place,
    { required, ordered }: { required: boolean; ordered: boolean },
  ): void {
    const partition = this.#partitionOf(key)
    const identity = identityOf(partition, key, text)
    this.#leads[partition] = this.lead(partition) + 1
    this.#ledger.expect(identity, required, { key, partition, text, input })
    if (ordered && required) this.#sequences.expect(key, identity, input)
  }

  /** The event as it lies in the topic. */
  find(record: FoundOutput): void {
    this.findAs(record, this.#canonical(record))
  }

  /** An event that stands for `text`, which is not what it says itself. */
  findAs(record: FoundOutput, text: string): void {
    const { partition, key } = record
    this.#leads[partition] = this.lead(partition) - 1
    const identity = identityOf(partition, key, text)
    this.#ledger.find(identity, record)
    if (key !== null) this.#sequences.find(key, identity)
  }

  /** An event that is wrong whatever is expected. */
  reject(record: FoundOutput, note: string): void {
    this.#leads[record.partition] = this.lead(record.partition) - 1
    this.#wrongCount++
    if (this.#wrong.length < MAX_DIFFERENCES) this.#wrong.push({ ...record, note })
  }

  lead(partition: number): number {
    return this.#leads[partition] ?? 0
  }

  findings(): Findings {
    const { required, unjudged, missing, unexpected: surplus, found } = this.#ledger
    const unexpected = surplus + this.#wrongCount
    const disordered = missing + unexpected + unjudged === 0 ? this.#sequences.disordered() : []
    return {
      expected: required + unjudged,
      actual: found + this.#wrongCount,
      missing,
      unexpected,
      disordered: disordered.length,
      unjudged,
      limited: 0,
      differences: [...this.#differences(), ...disordered.map((key) => this.#disorder(key))].slice(0, MAX_DIFFERENCES),
    }
  }

  /** An event written in other words, with fields in another order, is the same event. */
  #canonical({ partition, key, text }: FoundOutput): string {
    if (text === null) return ''
    if (this.#ledger.owed.has(identityOf(partition, key, text))) return text
    const decoded = decodeText(this.#topic, text)
    return 'event' in decoded ? this.#topic.shape.encode(decoded.event) : text
  }

  #differences(): Difference[] {
    const { owed, surplus } = this.#ledger
    const expected = [...owed.values()].flatMap(({ required, detail }) =>
      detail ? Array.from({ length: Math.min(required, MAX_DIFFERENCES) }, () => detail) : [],
    )
    const found = [...surplus.values()].flatMap(({ detail }) => detail ?? [])
    return pairDifferences(this.#topic.name, expected, [...this.#wrong, ...found], this.#partitionOf)
  }

  #disorder(key: string): Difference {
    const partition = this.#partitionOf(key)
    const note = `the events of key ${key} are all there, but not in the order of their inputs`
    return { topic: this.#topic.name, partition, offset: null, expected: null, found: null, note }
  }
}
