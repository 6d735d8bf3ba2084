/** The 32-bit finaliser of MurmurHash3 (Austin Appleby, public domain): a permutation in which every bit depends on every bit. */
function mix(bits: number): number {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35)
  return bits ^ (bits >>> 16)
}

const TWO_32 = 2 ** 32

/** 32 bits, 0 .. 2^32 - 1, of event `i` (a whole number). */
export type Lane = (i: number) => number

/** Independent streams of one generator: lane n of a kind is a pure function of (seed, kind, n, i), so any event can be had without those before. */
export function lanes(seed: number, kind: string): (lane: number) => Lane {
  let base = mix(Math.floor(seed / TWO_32) ^ 0x9e37_79b9)
  base = mix(base ^ seed)
  for (let at = 0; at < kind.length; at++) base = mix(base ^ kind.charCodeAt(at)) + at
  return (lane) => {
    const first = mix(base ^ mix(2 * lane + 1))
    const second = mix(first ^ mix(2 * lane + 2))
    // for 2^32 events in a row this is a permutation: no two of them have the same bits, in any lane
    return (i) => mix(mix(i ^ first) ^ (i < TWO_32 ? second : second ^ mix(Math.floor(i / TWO_32)))) >>> 0
  }
}

/** 0 <= share < 1 of 32 bits. */
export const shareOf = (bits: number): number => bits / TWO_32

/** A whole number from..to of 32 bits, each (nearly) as likely as the others. */
export const between = (bits: number, from: number, to: number): number =>
  from + Math.floor(shareOf(bits) * (to - from + 1))

/** Picks 0, 1, … of 32 bits with the given weights, as exactly as 4096 slots can say. */
export function weighted(weights: readonly number[]): (bits: number) => number {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const slots = new Uint16Array(4096)
  let [choice, passed] = [0, weights[0]!]
  for (let slot = 0; slot < slots.length; slot++) {
    while ((slot + 0.5) / slots.length > passed / sum) passed += weights[++choice]!
    slots[slot] = choice
  }
  return (bits) => slots[bits >>> 20]!
}
