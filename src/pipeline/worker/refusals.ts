/**
 * Why a record became a dead letter, in a word of a closed list: what metrics count by. `invalid`: a field of a wrong type or range;
 * `ahead`: its time is too far in the future; `refused`: the worker's own step has said so; `lost`: it names no input of the worker.
 */
export const refusalKinds = ['empty', 'not_text', 'not_json', 'not_object', 'missing', 'invalid', 'ahead', 'too_large', 'lost', 'refused'] as const // prettier-ignore
export type RefusalKind = (typeof refusalKinds)[number]

/** The sentences of `codec/` and of the runtime, which name fields and values, each by what stays the same in it. */
const sentences: readonly (readonly [RegExp, RefusalKind])[] = [
  [/^the value is empty$/, 'empty'],
  [/^the value is not UTF-8 text$/, 'not_text'],
  [/^the value is not JSON: /, 'not_json'],
  [/^the value must be a JSON object, not /, 'not_object'],
  [/^\S+ is missing$/, 'missing'],
  [/^(\S+|its time) must be .*\(--max-ahead\) after the record's own time/, 'ahead'],
  [/^\S+ must be [^]*, not /, 'invalid'],
  [/^the record has no key, /, 'missing'],
  [/^the record's key /, 'invalid'],
  [/ is not as its schema says: /, 'invalid'],
  [/more than a record may have$/, 'too_large'],
  [/is not an input of this worker$|^no input$/, 'lost'],
]

/** The kind of a reason, as dead letters carry it. */
export const refusalKindOf = (reason: string): RefusalKind =>
  sentences.find(([sentence]) => sentence.test(reason))?.[1] ?? 'refused'
