import type { Place } from './rule.ts'

interface Sequence {
  /** Partition of the input; -1: several, and between them there is no order. */
  partition: number
  expected: number
  found: number
}

const next = (hash: number, identity: number): number => (Math.imul(hash, 0x2c1b3c6d) + (identity | 0)) | 0

/** Whether each key's events came in the order in which they must come, in a few bytes a key. */
export class SequenceCheck {
  readonly #sequences = new Map<string, Sequence>()

  expect(key: string, identity: number, { partition }: Place): void {
    const sequence = this.#of(key, partition)
    if (sequence.partition === -2) sequence.partition = partition
    else if (sequence.partition !== partition) sequence.partition = -1
    sequence.expected = next(sequence.expected, identity)
  }

  find(key: string, identity: number): void {
    const sequence = this.#of(key, -2)
    sequence.found = next(sequence.found, identity)
  }

  /** Keys whose events are in another order; it says something only when they are the same events. */
  disordered(): string[] {
    return [...this.#sequences]
      .filter(([, { partition, expected, found }]) => partition >= 0 && expected !== found)
      .map(([key]) => key)
  }

  #of(key: string, partition: number): Sequence {
    let sequence = this.#sequences.get(key)
    if (!sequence) this.#sequences.set(key, (sequence = { partition, expected: 0, found: 0 }))
    return sequence
  }
}
