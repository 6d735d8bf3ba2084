import { PayflowError, messageOf } from '../../errors.ts'
import type { RecordCursor } from '../../kafka/records.ts'

export interface FilterWish {
  /** The record's key, exactly. */
  readonly key?: string | undefined
  /** `[!][key:|value:|header:]PATTERN`, all of which must hold. */
  readonly grep: readonly string[]
  readonly ignoreCase: boolean
}

export type Filter = (cursor: RecordCursor) => boolean

type Place = 'key' | 'value' | 'header'
interface Grep {
  readonly negated: boolean
  readonly place: Place
  readonly pattern: string
}

/** Without a place it is the value that is looked at. */
export function parseGrep(text: string): Grep {
  const [, bang, place = 'value', pattern = ''] = /^(!?)(?:(key|value|header):)?(.*)$/s.exec(text) ?? []
  return { negated: bang === '!', place: place as Place, pattern }
}

/** Which records are shown. @throws PayflowError (usage) for a pattern that is no regular expression */
export function filterOf({ key, grep, ignoreCase }: FilterWish): Filter {
  const filters = grep.map((text) => grepFilter(parseGrep(text), ignoreCase))
  if (key !== undefined) filters.unshift((cursor) => cursor.keyText() === key)
  if (filters.length === 1) return filters[0]!
  return (cursor) => filters.every((filter) => filter(cursor))
}

function grepFilter({ negated, place, pattern }: Grep, ignoreCase: boolean): Filter {
  const found = place === 'value' && !ignoreCase && isLiteral(pattern) ? literalIn(pattern) : matching(pattern, place, ignoreCase) // prettier-ignore
  return negated ? (cursor) => !found(cursor) : found
}

/** Nothing in it means more than itself in a regular expression; braces do only around numbers. */
const isLiteral = (pattern: string): boolean => pattern !== '' && !/[\\^$.*+?()[|]|\{\d/.test(pattern)

/**
 * Looks for bytes where they lie, without making a text of each value. What it found further on in the same fetched bytes it remembers, so that
 * those are searched once, however many records they hold.
 */
function literalIn(pattern: string): Filter {
  const needle = Buffer.from(pattern)
  const searched = new WeakMap<Buffer, { from: number; foundAt: number }>()
  return ({ bytes, valueStart, valueEnd }) => {
    let found = searched.get(bytes)
    if (!found) searched.set(bytes, (found = { from: Infinity, foundAt: -1 }))
    if (valueStart < found.from || (found.foundAt >= 0 && found.foundAt < valueStart)) {
      found.from = valueStart
      found.foundAt = bytes.indexOf(needle, valueStart)
    }
    return found.foundAt >= 0 && found.foundAt + needle.length <= valueEnd
  }
}

function matching(pattern: string, place: Place, ignoreCase: boolean): Filter {
  const regex = regexOf(pattern, ignoreCase)
  switch (place) {
    case 'value':
      return (cursor) => testText(regex, cursor.valueText())
    case 'key':
      return (cursor) => testText(regex, cursor.keyText())
    case 'header':
      return (cursor) => cursor.headers().some(({ key, value }) => regex.test(`${key}=${value?.toString() ?? ''}`))
  }
}

/** A tombstone, or a missing key, has nothing that could match. */
const testText = (regex: RegExp, text: string | null): boolean => text !== null && regex.test(text)

function regexOf(pattern: string, ignoreCase: boolean): RegExp {
  try {
    return new RegExp(pattern, ignoreCase ? 'is' : 's')
  } catch (cause) {
    throw new PayflowError('PATTERN_INVALID', `--grep cannot be "${pattern}": ${messageOf(cause).replace(/^.*: /s, '')}`, {
      kind: 'usage',
      hint: 'write a regular expression as JavaScript has them; a backslash before a character takes it as it is',
      cause,
    }) // prettier-ignore
  }
}
