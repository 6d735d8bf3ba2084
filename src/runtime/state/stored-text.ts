import { crc32 } from 'node:zlib'

const view = new DataView(new ArrayBuffer(8))

/** A time as 16 characters whose order as text is the order of the numbers: the bits of a double, negative ones turned round. */
export function orderedTime(time: number): string {
  view.setFloat64(0, time === 0 ? 0 : time)
  let high = view.getUint32(0)
  let low = view.getUint32(4)
  if (high >= 0x8000_0000) [high, low] = [~high >>> 0, ~low >>> 0]
  else high = (high | 0x8000_0000) >>> 0
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

export function timeOf(text: string): number {
  let high = Number.parseInt(text.slice(0, 8), 16)
  let low = Number.parseInt(text.slice(8, 16), 16)
  if (high < 0x8000_0000) [high, low] = [~high >>> 0, ~low >>> 0]
  else high = (high & 0x7fff_ffff) >>> 0
  view.setUint32(0, high)
  view.setUint32(4, low)
  return view.getFloat64(0)
}

/** A text with a checksum over it and its key: LevelDB does not look at its own when it reads. */
export const sealed = (key: string, text: string): string => `${sumOf(key, text).toString(36)}:${text}`

/** The text; undefined when it is not what was sealed under that key. */
export function unsealed(key: string, value: string): string | undefined {
  const at = value.indexOf(':')
  const text = value.slice(at + 1)
  return at > 0 && Number.parseInt(value.slice(0, at), 36) === sumOf(key, text) ? text : undefined
}

const sumOf = (key: string, text: string): number => crc32(text, crc32(key))
