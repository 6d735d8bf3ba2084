import { timeText as recordTime } from '../../pipeline/worker/origin-headers.ts'
import { textOf, type DeadLetter } from '../../app/dead-letters/dead-letter.ts'
import type { Span } from '../../app/dead-letters/json-scan.ts'
import { refusedPart } from '../../app/dead-letters/refused-part.ts'
import type { Palette } from '../shell/output.ts'
import { visible } from '../../visible-text.ts'

const BYTES_A_LINE = 16

export const timeText = (ms: number): string => (ms < 0 ? '-' : recordTime(ms))

/** A dead letter in full: where it comes from, its headers, its bytes with what is wrong in them marked. */
export function letterLines(letter: DeadLetter, { width, palette }: { width: number; palette: Palette }): string[] {
  const { id, worker, reason, refusedAtMs, origin, record } = letter
  const { bold, dim, red } = palette
  const text = textOf(record.value)
  const part = text === undefined ? undefined : refusedPart(text, reason)
  const headers = record.headers.map(({ key, value }) => `  ${visible(key)}: ${visible(value?.toString() ?? 'null')}`)
  return [
    `${bold(id)}  ${worker} refused it at ${timeText(refusedAtMs)}${origin.replays > 0 ? `, after ${origin.replays} ${origin.replays === 1 ? 'replay' : 'replays'}` : ''}`,
    red(visible(reason)),
    '',
    `${dim('from')}   ${origin.topic}/${origin.partition} offset ${origin.offset}, ${timeText(origin.timestamp)}`,
    `${dim('key')}    ${origin.key === null ? 'null' : visible(textOf(origin.key) ?? `hex ${origin.key.toString('hex')}`)}`,
    dim('headers'),
    ...headers,
    dim('value'),
    ...valueLines(record.value, part, width, red),
  ]
}

function valueLines(value: Buffer | null, part: Span | undefined, width: number, red: Palette['red']): string[] {
  if (value === null) return ['(null)']
  if (value.length === 0) return ['(no bytes)']
  const text = textOf(value)
  return text === undefined ? hexLines(value, red) : markedLines(text, part, width, red)
}

/** A text in lines of `width` columns at most, with a line of carets under its marked part. */
export function markedLines(text: string, part: Span | undefined, width: number, red: Palette['red']): string[] {
  const lines: string[] = []
  let start = 0
  for (const line of text.split('\n')) {
    // As long as the line itself, so that the part is where it was.
    const pieces = wrapped(visible(line), width)
    for (const [i, piece] of pieces.entries()) {
      lines.push(piece)
      // A mark at the very end of a line, where something is missing, stands after it.
      const most = piece.length + (i === pieces.length - 1 ? 1 : 0)
      const from = Math.max((part?.start ?? Infinity) - start, 0)
      const to = Math.min((part?.end ?? -Infinity) - start, most)
      if (to > from) lines.push(red(carets(piece, from, to)))
      start += piece.length
    }
    start++
  }
  return lines
}

/** A line in pieces of `width` columns at most, none of which ends within a character or before its accents. */
function wrapped(line: string, width: number): string[] {
  const pieces: string[] = []
  let from = 0
  let at = 0
  let columns = 0
  for (const character of line) {
    const own = columnsOf(character)
    if (columns + own > width && at > from) {
      pieces.push(line.slice(from, at))
      from = at
      columns = 0
    }
    columns += own
    at += character.length
  }
  return [...pieces, line.slice(from)]
}

function carets(piece: string, from: number, to: number): string {
  const before = columnsIn(piece.slice(0, from))
  const marked = columnsIn(piece.slice(from, to)) + Math.max(to - piece.length, 0)
  return ' '.repeat(before) + '^'.repeat(Math.max(marked, 1))
}

const ACCENT = /^\p{M}$/u
/** East Asian Wide and Fullwidth of Unicode's UAX 11, by blocks, and pictures. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u

/** How many columns of a terminal a character takes. */
const columnsOf = (character: string): number =>
  character < '\u0300' ? 1 : ACCENT.test(character) ? 0 : WIDE.test(character) ? 2 : 1

function columnsIn(text: string): number {
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}

/** Bytes that are not UTF-8 text, sixteen per line; the first wrong one is marked. */
export function hexLines(bytes: Buffer, red: Palette['red']): string[] {
  const wrong = firstInvalid(bytes)
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) {
    const row = bytes.subarray(at, at + BYTES_A_LINE)
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const ascii = [...row].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(BYTES_A_LINE * 3 - 1)}  ${ascii}`)
    if (wrong >= at && wrong < at + BYTES_A_LINE) lines.push(red(`${' '.repeat(10 + (wrong - at) * 3)}^^`))
  }
  return lines
}

/** Where the bytes stop being UTF-8. */
function firstInvalid(bytes: Buffer): number {
  // Decoded strictly, byte by byte, a text gives nothing away until it is wrong.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  for (let at = 0; at < bytes.length; at++)
    try {
      decoder.decode(bytes.subarray(at, at + 1), { stream: true })
    } catch {
      return at
    }
  return bytes.length - 1
}
