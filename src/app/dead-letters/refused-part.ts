import { scanJson, type Span } from './json-scan.ts'

/** What a reason may begin with: a field, one within another as in `user.name`, or within a list as in `tags[2]`. */
const FIELD = /^(\S+) (?:must be|is missing|is not as its schema says)\b/

/**
 * The part of a refused text that its reason is about: the value of the field that it names, the place where a field is missing, or
 * where the text stops being JSON. Undefined when the reason names nothing that is there.
 */
export function refusedPart(text: string, reason: string): Span | undefined {
  const { members, root, errorAt } = scanJson(text)
  if (errorAt !== undefined) return { start: errorAt, end: errorAt + 1 }
  // an item of a list is marked with the whole list
  const path = FIELD.exec(reason)?.[1]?.replace(/\[.*/, '')
  if (path === undefined) return reason.startsWith('the value must be') ? root : undefined
  // Of several fields with one name JSON.parse takes the last.
  const found = members.findLast((member) => member.path.join('.') === path)
  if (found) return found.value
  if (!reason.startsWith(`${path} is missing`)) return undefined
  const parent = members.findLast((member) => `${member.path.join('.')}.${path.split('.').at(-1)!}` === path)
  return closingOf(text, parent?.value ?? root)
}

/** The brace that ends an object: where a missing field could have been. */
function closingOf(text: string, { start, end }: Span): Span {
  const at = text.lastIndexOf('}', end - 1)
  return at < start ? { start, end } : { start: at, end: at + 1 }
}
