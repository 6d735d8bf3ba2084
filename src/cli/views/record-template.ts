import { isUtf8 } from 'node:buffer'
import { PayflowError } from '../../errors.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { RecordCursor } from '../../kafka/records.ts'
import { visible } from '../../visible-text.ts'
import { timeText } from './dead-letter-view.ts'
import type { RecordView } from './record-view.ts'

type Part = string | ((at: TopicPartition, cursor: RecordCursor) => string | Buffer)

const NULL = 'null'

const parts: Readonly<Record<string, Exclude<Part, string>>> = {
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: (_, { offset }) => String(offset),
  k: (_, cursor) => cursor.key() ?? NULL,
  v: (_, cursor) => cursor.value() ?? NULL,
  h: (_, cursor) =>
    Buffer.concat(
      cursor
        .headers()
        .flatMap(({ key, value }, i) => [Buffer.from(`${i === 0 ? '' : ','}${key}=`), value ?? Buffer.from(NULL)]),
    ),
  d: (_, { timestamp }) => timeText(timestamp),
  D: (_, { timestamp }) => String(timestamp),
  K: (_, cursor) => String(cursor.key()?.length ?? -1),
  V: (_, { valueIsNull, valueStart, valueEnd }) => String(valueIsNull ? -1 : valueEnd - valueStart),
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' }

const TEMPLATE_ALLOWED =
  '%t topic, %p partition, %o offset, %k key, %v value, %h headers, %d time, %D ms since 1970, %K and %V bytes of key and value (-1: null), %%, \\n, \\t, \\r, \\0, \\\\'

/** `%k %v` and the like, in pieces. @throws PayflowError (usage) for what `TEMPLATE_ALLOWED` does not list */
export function parseTemplate(template: string): readonly Part[] {
  const found: Part[] = []
  for (const [piece] of template.matchAll(/%.?|\\.?|[^%\\]+/gsu)) {
    const name = piece.slice(1)
    const part = piece.startsWith('%')
      ? name === '%'
        ? '%'
        : parts[name]
      : piece.startsWith('\\')
        ? escapes[name]
        : piece
    if (part === undefined)
      throw new PayflowError('TEMPLATE_INVALID', `--format: "${piece}" means nothing`, {
        kind: 'usage',
        hint: `allowed: ${TEMPLATE_ALLOWED}`,
      })
    found.push(part)
  }
  return found
}

/**
 * Records as a template says, each with a line's end if the template has none. Keys and values are the bytes that they are; `terminal`: what one
 * would obey in them is shown instead.
 */
export function templateView(template: readonly Part[], { terminal }: { terminal: boolean }): RecordView {
  const last = template.at(-1)
  const pieces = typeof last === 'string' && /[\n\0]$/.test(last) ? template : [...template, '\n']
  return (at, cursor) => {
    const bytes: Buffer[] = []
    let line = ''
    for (const piece of pieces) {
      const part = typeof piece === 'string' ? piece : piece(at, cursor)
      if (typeof part === 'string') line += part
      else if (terminal) line += visible(part.toString())
      else if (isUtf8(part)) line += part.toString()
      else {
        bytes.push(Buffer.from(line), part)
        line = ''
      }
    }
    return bytes.length === 0 ? line : Buffer.concat([...bytes, Buffer.from(line)])
  }
}
