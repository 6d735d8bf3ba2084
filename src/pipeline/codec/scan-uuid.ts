import { mayGenerateCode } from './code-generation.ts'
import { scanned, type Scan } from './plain.ts'

const LENGTH = 36
const QUOTE = 34
const DASH = 45
const dashAt = [8, 13, 18, 23]

const UPPER_CASE = 1
const NOT_HEX = 2
/** 0 for the bytes of lower-case hexadecimal digits. */
const hexDigits = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = String.fromCharCode(code)
  return /[0-9a-f]/.test(digit) ? 0 : /[A-F]/.test(digit) ? UPPER_CASE : NOT_HEX
})

/** Written out: each byte is read once, and made text without a call out of JavaScript, which takes half of the time of a loop and `toString`. */
export function generatedUuidScan(): Scan<string> {
  const indexes = Array.from({ length: LENGTH }, (_, i) => i)
  const isDash = (i: number): boolean => dashAt.includes(i)
  const code = `
    const ${indexes.map((i) => `c${i} = bytes[at + ${i + 1}]`).join(', ')}
    if (at + ${LENGTH + 1} >= bytes.length || bytes[at] !== ${QUOTE} || bytes[at + ${LENGTH + 1}] !== ${QUOTE}) return undefined
    if (${dashAt.map((i) => `c${i} !== ${DASH}`).join(' || ')}) return undefined
    const kinds = ${indexes
      .filter((i) => !isDash(i))
      .map((i) => `hexDigits[c${i}]`)
      .join(' | ')}
    if (kinds >= ${NOT_HEX}) return undefined
    scanned.end = at + ${LENGTH + 2}
    const text = String.fromCharCode(${indexes.map((i) => `c${i}`).join(', ')})
    return kinds === ${UPPER_CASE} ? text.toLowerCase() : text`
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- of constants, and nothing else
  const make = new Function('scanned', 'hexDigits', `return (bytes, at) => {${code}\n}`) as (...values: unknown[]) => Scan<string> // prettier-ignore
  return make(scanned, hexDigits)
}

/** The same, more slowly, where no code may be generated. */
export const interpretingUuidScan: Scan<string> = (bytes, at) => {
  const id = at + 1
  const end = id + LENGTH
  if (end >= bytes.length || bytes[at] !== QUOTE || bytes[end] !== QUOTE) return undefined
  let kinds = 0
  for (let i = 0; i < LENGTH; i++) {
    const byte = bytes[id + i]!
    if (!dashAt.includes(i)) kinds |= hexDigits[byte]!
    else if (byte !== DASH) return undefined
  }
  if (kinds >= NOT_HEX) return undefined
  scanned.end = end + 1
  const text = bytes.toString('latin1', id, end)
  return kinds === UPPER_CASE ? text.toLowerCase() : text
}

/** A UUID in quotes, in lower case whatever it was written in. */
export const scanUuid: Scan<string> = mayGenerateCode ? generatedUuidScan() : interpretingUuidScan
