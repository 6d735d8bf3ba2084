/** What an answer begins with: how long it is without that. */
export const SIZE_BYTES = 4
/** Size and correlation id: no answer is shorter. */
export const HEAD_BYTES = SIZE_BYTES + 4
/** Memory that is given to an answer because it says so, before it has come. */
const TRUSTED_BYTES = 16 << 20

/** Puts answers together from what a socket brings. Those it hands out, size included, have memory of their own: what it was given may be used again. */
export class Frames {
  #frame = Buffer.allocUnsafe(HEAD_BYTES)
  #filled = 0
  /** Of the frame that is under way, as soon as it is known. */
  #length: number | undefined

  /** @throws Error for what cannot be an answer */
  take(data: Buffer, onFrame: (frame: Buffer) => void): void {
    for (let at = 0; at < data.length;) {
      at += this.#fill(data, at)
      if (this.#length === undefined && this.#filled >= SIZE_BYTES) this.#begin(SIZE_BYTES + this.#frame.readInt32BE(0))
      if (this.#filled !== this.#length) continue
      const frame = this.#frame
      this.#frame = Buffer.allocUnsafe(HEAD_BYTES)
      this.#filled = 0
      this.#length = undefined
      onFrame(frame)
    }
  }

  /** Returns how much it took. */
  #fill(data: Buffer, at: number): number {
    const end = this.#length ?? SIZE_BYTES
    if (this.#filled === this.#frame.length) this.#grow(Math.min(end, this.#filled * 2))
    const taken = data.copy(this.#frame, this.#filled, at, at + end - this.#filled)
    this.#filled += taken
    return taken
  }

  #begin(length: number): void {
    if (length < HEAD_BYTES) throw new Error(`an answer of ${length - SIZE_BYTES} bytes`)
    this.#length = length
    this.#grow(Math.min(length, TRUSTED_BYTES))
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafe(length)
    this.#frame.copy(grown, 0, 0, this.#filled)
    this.#frame = grown
  }
}
