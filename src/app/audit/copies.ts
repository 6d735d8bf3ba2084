import { Ledger } from '../../pipeline/audit/ledger.ts'
import type { Difference, Place } from '../../pipeline/audit/rule.ts'
import { copyIdentity, placeText, shownBytes } from './origin.ts'

interface Bytes {
  readonly key: Buffer | null
  readonly value: Buffer | null
}

interface ExpectedCopy {
  readonly input: Place
  readonly shown: string
}

interface FoundCopy {
  readonly at: Place
  readonly origin: Place
  readonly shown: string
}

const MAX_DIFFERENCES = 10

/** Records that must be copied, once each and unchanged, to a topic: dead letters and strays. */
export class Copies {
  readonly #topic: string
  readonly #what: string
  readonly #ledger = new Ledger<ExpectedCopy, FoundCopy>()

  /** `what`: how a difference calls such a copy. */
  constructor(topic: string, what: string) {
    this.#topic = topic
    this.#what = what
  }

  expect(input: Place, { key, value }: Bytes, required: boolean): void {
    const detail = { input: { ...input }, shown: shownBytes(value) }
    this.#ledger.expect(copyIdentity(input, key, value), required, detail)
  }

  find(at: Place, origin: Place, { key, value }: Bytes): void {
    this.#ledger.find(copyIdentity(origin, key, value), { at, origin, shown: shownBytes(value) })
  }

  get found(): number {
    return this.#ledger.found
  }

  /** `mayBe`: what came although nothing asks for it, and is right all the same. */
  findings(mayBe: (origin: Place) => boolean): { missing: number; unexpected: number; differences: Difference[] } {
    const { owed, surplus, missing } = this.#ledger
    for (const [identity, { detail }] of surplus) if (detail && mayBe(detail.origin)) surplus.delete(identity)
    const absent = [...owed.values()].flatMap(({ required, detail }) => (required > 0 && detail ? [detail] : []))
    const extra = [...surplus.values()].flatMap(({ detail }) => detail ?? [])
    const topic = this.#topic
    return {
      missing,
      unexpected: this.#ledger.unexpected,
      differences: [
        ...absent.slice(0, MAX_DIFFERENCES).map(({ input, shown }): Difference => {
          const expected = `${this.#what} of ${placeText(input)}: ${shown}`
          return { topic, partition: null, offset: null, expected, found: null, input }
        }),
        ...extra.slice(0, MAX_DIFFERENCES).map(({ at, origin, shown }): Difference => {
          const note = `${this.#what} of ${placeText(origin)}, which is not ${this.#what}, or is there already`
          return { topic, partition: at.partition, offset: at.offset, expected: null, found: shown, note }
        }),
      ],
    }
  }
}
