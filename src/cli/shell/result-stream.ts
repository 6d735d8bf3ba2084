import { once } from 'node:events'
import type { Writable } from 'node:stream'

const CHUNK_CHARACTERS = 1 << 16

/** Results that come without end, on their way to stdout: gathered, so that a line costs no call, and no faster than the reader takes them. */
export class ResultStream {
  readonly #stream: Writable
  readonly #signal: AbortSignal
  #text = ''
  #full = false

  /** `signal`: aborted when nobody reads any more, or the command is to end. */
  constructor(stream: Writable, signal: AbortSignal) {
    this.#stream = stream
    this.#signal = signal
  }

  /** Time for `flush`. */
  get isFull(): boolean {
    return this.#full
  }

  write(piece: string | Buffer): void {
    if (typeof piece === 'string') {
      this.#text += piece
      if (this.#text.length < CHUNK_CHARACTERS) return
    }
    this.#send()
    if (typeof piece !== 'string' && piece.length > 0) this.#full = !this.#stream.write(piece)
  }

  /** Hands on what was gathered. Returns when there is room for more, or nobody wants it. */
  async flush(): Promise<void> {
    this.#send()
    if (!this.#full || this.#signal.aborted || this.#stream.destroyed) return
    // aborted, or the reader has gone: whoever watches the stream ends the command
    await once(this.#stream, 'drain', { signal: this.#signal }).catch(() => undefined)
    this.#full = false
  }

  #send(): void {
    if (this.#text === '') return
    this.#full = !this.#stream.write(this.#text)
    this.#text = ''
  }
}
