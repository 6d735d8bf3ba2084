import { isTimeout } from './errors.ts'

const LEAST_BYTES = 64 << 10
const MOST_BYTES = 32 << 20
/** What was too much once is not tried again at every other request: each trial costs a timeout. */
const ANSWERS_UNTIL_MORE = 16

/**
 * How much one fetch may ask for over a connection: an eighth after an answer that did not come in time, twice as much after some that did.
 * A slow line would otherwise time out over the same bytes again and again.
 */
export class FetchSize {
  #bytes = MOST_BYTES
  #answers = 0

  get bytes(): number {
    return this.#bytes
  }

  answered(): void {
    if (this.#bytes === MOST_BYTES || ++this.#answers < ANSWERS_UNTIL_MORE) return
    this.#answers = 0
    this.#bytes = Math.min(this.#bytes * 2, MOST_BYTES)
  }

  /** `asked`: bytes that the request asked for at most. */
  failed(error: unknown, asked: number): void {
    if (!isTimeout(error)) return
    this.#answers = 0
    this.#bytes = Math.max(Math.min(asked, this.#bytes) >> 3, LEAST_BYTES)
  }
}
