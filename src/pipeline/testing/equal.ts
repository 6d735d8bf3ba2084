/** What vitest's and jest's `expect.objectContaining(…)` and the like are, whichever library made them. */
interface Matcher {
  readonly asymmetricMatch: (found: unknown) => boolean
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isMatcher = (value: unknown): value is Matcher =>
  isObject(value) && typeof value['asymmetricMatch'] === 'function'

const namesOf = (value: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(value).filter((name) => value[name] !== undefined)

/** Whether plain data is as expected, all the way down; a field that is undefined is none. A matcher in the expectation decides for itself. */
export function isAsExpected(found: unknown, expected: unknown): boolean {
  if (isMatcher(expected)) return expected.asymmetricMatch(found)
  if (!isObject(expected) || !isObject(found)) return Object.is(found, expected)
  if (Array.isArray(expected) !== Array.isArray(found)) return false
  const names = namesOf(expected)
  return namesOf(found).length === names.length && names.every((name) => isAsExpected(found[name], expected[name]))
}

/** A bigint with an n, as it is written in code. */
const textOf = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner))

/** A test runner shows the difference of the two. */
export class ExpectationError extends Error {
  override readonly name = 'AssertionError'
  readonly code = 'ERR_ASSERTION'
  readonly actual: unknown
  readonly expected: unknown

  constructor(what: string, found: unknown, expected: unknown) {
    super(`${what}: expected ${textOf(expected)}, found ${textOf(found)}`)
    this.actual = found
    this.expected = expected
  }
}
