/**
 * 53 bits of a text, so that millions of texts can be distinguished without being kept: among a million of them two are alike with a
 * probability of 1 in 18,000. Not for texts that somebody shapes to collide.
 */
export function fingerprint(text: string, seed = 0): number {
  let a = seed ^ 0x3c6ef372
  let b = seed ^ 0x1b873593
  const { length } = text
  let i = 0
  for (; i + 1 < length; i += 2) {
    const pair = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
    a = Math.imul(a ^ pair, 0x2c9277b5)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b ^ pair, 0x5f356495)
    b = (b << 17) | (b >>> 15)
  }
  if (i < length) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x2c9277b5)
    b = Math.imul(b ^ text.charCodeAt(i), 0x5f356495)
  }
  a = mixed(a ^ length)
  b = mixed(b ^ a)
  return (b >>> 11) * 0x1_0000_0000 + (a >>> 0)
}

/** Spreads every bit over the whole word. */
function mixed(word: number): number {
  let w = Math.imul(word ^ (word >>> 16), 0x45d9f3b)
  w = Math.imul(w ^ (w >>> 15), 0x2f4a8c6d)
  return w ^ (w >>> 16)
}
