/** Part of a text, as positions of its characters. */
export interface Span {
  readonly start: number
  readonly end: number
}

interface Member {
  /** The names that lead to it, outermost first; elements of an array are below `[]`. */
  readonly path: readonly string[]
  readonly key: Span
  readonly value: Span
}

/** What a JSON text holds and where. `errorAt` is where it stops being JSON. */
export interface JsonScan {
  readonly members: readonly Member[]
  readonly root: Span
  readonly errorAt: number | undefined
}

class SyntaxFailure extends Error {}

/** Finds the members of a JSON text's objects, those of nested objects too. Never throws; what comes before an error is found. */
export function scanJson(text: string): JsonScan {
  const scanner = new Scanner(text)
  const errorAt = scanner.document()
  return { members: scanner.members, root: { start: 0, end: text.length }, errorAt }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const WORD = /true|false|null/y
const SPACE = /[ \t\r\n]*/y

class Scanner {
  readonly members: Member[] = []
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Returns where the text stops being JSON, if it does. */
  document(): number | undefined {
    try {
      this.#value([])
      if (this.#at < this.#text.length) throw new SyntaxFailure()
      return undefined
    } catch (error) {
      // Nesting too deep for the stack ends the scan as an error in the text does.
      if (error instanceof SyntaxFailure || error instanceof RangeError) return this.#at
      throw error
    }
  }

  #value(path: readonly string[]): Span {
    this.#skip(SPACE)
    const start = this.#at
    const first = this.#text[start]
    if (first === '{') this.#object(path)
    else if (first === '[') this.#array(path)
    else if (!this.#skip(STRING) && !this.#skip(NUMBER) && !this.#skip(WORD)) throw new SyntaxFailure()
    const end = this.#at
    this.#skip(SPACE)
    return { start, end }
  }

  #object(path: readonly string[]): void {
    this.#at++
    this.#skip(SPACE)
    if (this.#take('}')) return
    do {
      this.#skip(SPACE)
      const start = this.#at
      if (!this.#skip(STRING)) throw new SyntaxFailure()
      const key = { start, end: this.#at }
      const name = JSON.parse(this.#text.slice(key.start, key.end)) as string
      this.#skip(SPACE)
      this.#expect(':')
      const inner = [...path, name]
      this.members.push({ path: inner, key, value: this.#value(inner) })
    } while (this.#take(','))
    this.#expect('}')
  }

  #array(path: readonly string[]): void {
    this.#at++
    this.#skip(SPACE)
    if (this.#take(']')) return
    // One entry however deep: what is in an array has no name of its own.
    const inner = path.at(-1) === '[]' ? path : [...path, '[]']
    do this.#value(inner)
    while (this.#take(','))
    this.#expect(']')
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found) this.#at = pattern.lastIndex
    return found !== null
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new SyntaxFailure()
  }
}
