const hexDigits = Buffer.from('0123456789abcdef')
const text = Buffer.from('00000000-0000-4000-8000-000000000000')

function write(bits: number, at: number, digits: number): void {
  for (let digit = at + digits - 1; digit >= at; digit--) {
    text[digit] = hexDigits[bits & 15]!
    bits >>>= 4
  }
}

/** A version 4 UUID of 122 of these 128 bits. Written into one buffer: twice as fast as joining strings. */
export function uuidText(a: number, b: number, c: number, d: number): string {
  write(a, 0, 8)
  write(b >>> 16, 9, 4)
  write((b & 0x0fff) | 0x4000, 14, 4)
  write(((c >>> 16) & 0x3fff) | 0x8000, 19, 4)
  write(c, 24, 4)
  write(d, 28, 8)
  return text.toString('latin1')
}
