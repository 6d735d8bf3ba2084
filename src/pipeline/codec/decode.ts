import type { Decoded } from './read.ts'
import { shown } from './fields.ts'
import { quotedAsWritten } from './written-number.ts'
import type { Shape } from './shape.ts'

/** What has a shape: a topic. */
interface Shaped<Event> {
  readonly shape: Shape<Event>
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Whether bytes are UTF-8, once decoding has left a replacement character: the text itself may hold one. */
function isUtf8(value: Buffer): boolean {
  try {
    utf8.decode(value)
    return true
  } catch {
    return false
  }
}

/** An event from the text of a record's value. Never throws. */
export function decodeText<Event>(topic: Shaped<Event>, text: string): Decoded<Event> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { reason: text.trim() === '' ? 'the value is empty' : `the value is not JSON: ${shown(text)}` }
  }
  let decoded = topic.shape.decode(value)
  if ('reason' in decoded && topic.shape.wide) decoded = decodedWide(topic, text) ?? decoded
  return 'reason' in decoded ? { reason: quotedAsWritten(decoded.reason, text) } : decoded
}

const LONG_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g

/** The same JSON text with the whole numbers as text that JSON.parse would round. */
export const withLongNumbersAsText = (text: string): string =>
  text.replace(LONG_NUMBER, (token, at: number) => (/^"/.test(token) || /[.eE+]/.test(text[at - 1] ?? '') ? token : `"${token}"`)) // prettier-ignore

/** Where it is refused too, the first reason shows the numbers as they are. */
function decodedWide<Event>(topic: Shaped<Event>, text: string): { event: Event } | undefined {
  const decoded = topic.shape.decode(JSON.parse(withLongNumbersAsText(text)))
  return 'event' in decoded ? decoded : undefined
}

/** An event from the bytes of a record's value. Never throws; `reason` is one sentence, and names the field if there is one to blame. */
export function decodeRecord<Event>(topic: Shaped<Event>, value: Buffer | null): Decoded<Event> {
  if (value === null || value.length === 0) return { reason: 'the value is empty' }
  const text = value.toString()
  if (text.includes('\uFFFD') && !isUtf8(value)) return { reason: 'the value is not UTF-8 text' }
  return decodeText(topic, text)
}
