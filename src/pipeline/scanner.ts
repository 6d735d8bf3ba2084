import type { Fields } from './decoder.ts'
import { scanned, scanExactly, type Scan } from './scan.ts'

type Event = Record<string, unknown>
/** An event from the bytes of its JSON text. Undefined: it has not the plain form, which says nothing of whether it is good. */
export type ScanEvent = (bytes: Buffer, from: number, to: number) => Event | undefined

const SPACE = 32
const CLOSING = 125

/** A field, what stands before its value in compact JSON, and how the value is read. */
type Slot = readonly [name: string, before: Uint8Array, scan: Scan<unknown>]
/** Stands where a shape has no more fields. */
const END: Slot = ['', new Uint8Array(0), () => undefined]

const slotOf = (name: string, i: number, scan: Scan<unknown>): Slot => {
  return [name, Uint8Array.from(Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)), scan]
}

/** Where the value begins, with a space after brace, comma and colon or without; -1 when another field stands there. */
function afterSpaces(bytes: Buffer, at: number, before: Uint8Array): number {
  let p = at
  for (let i = 0; i < before.length; i++) {
    if (bytes[p++] !== before[i]) return -1
    if ((i === 0 || i === before.length - 1) && bytes[p] === SPACE) p++
  }
  return p
}

/** The value of the field that stands at a position. */
function field(bytes: Buffer, at: number, before: Uint8Array, scan: Scan<unknown>): unknown {
  let value = scanExactly(bytes, at, before)
  if (value < 0 || bytes[value] === SPACE) value = afterSpaces(bytes, at, before)
  return value < 0 ? undefined : scan(bytes, value)
}

/**
 * Reads the fields of a shape in its order, as payflow and most others write them, into an event at once: in a third of the time of JSON.parse
 * and `decoder`, whose event it gives or none. There is none for a shape with a field that has no plain form.
 * Field by field rather than in a loop, as in `decoder`.
 */
export function scanner(fields: Fields): ScanEvent | undefined {
  const slots: Slot[] = []
  for (const [name, { scan }] of Object.entries(fields)) {
    if (!scan) return undefined
    slots.push(slotOf(name, slots.length, scan))
  }
  const count = slots.length
  if (count < 1 || count > 8) return undefined
  const [[n0, b0, s0] = END, [n1, b1, s1] = END, [n2, b2, s2] = END, [n3, b3, s3] = END] = slots
  const [, , , , [n4, b4, s4] = END, [n5, b5, s5] = END, [n6, b6, s6] = END, [n7, b7, s7] = END] = slots
  const blank: Event = Object.fromEntries(slots.map(([name]) => [name, undefined]))
  return (bytes, from, to) => {
    const event = { ...blank }
    if ((event[n0] = field(bytes, from, b0, s0)) === undefined) return undefined
    if (count > 1 && (event[n1] = field(bytes, scanned.end, b1, s1)) === undefined) return undefined
    if (count > 2 && (event[n2] = field(bytes, scanned.end, b2, s2)) === undefined) return undefined
    if (count > 3 && (event[n3] = field(bytes, scanned.end, b3, s3)) === undefined) return undefined
    if (count > 4 && (event[n4] = field(bytes, scanned.end, b4, s4)) === undefined) return undefined
    if (count > 5 && (event[n5] = field(bytes, scanned.end, b5, s5)) === undefined) return undefined
    if (count > 6 && (event[n6] = field(bytes, scanned.end, b6, s6)) === undefined) return undefined
    if (count > 7 && (event[n7] = field(bytes, scanned.end, b7, s7)) === undefined) return undefined
    const { end } = scanned
    // what was read beyond `to` would not end there
    return bytes[end] === CLOSING && end + 1 === to ? event : undefined
  }
}
