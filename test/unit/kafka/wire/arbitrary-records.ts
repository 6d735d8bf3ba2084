import fc from 'fast-check'
import type { Header } from '../../../../src/kafka/records.ts'

export interface PlainRecord {
  readonly key: Buffer | string | null
  readonly value: Buffer | string | null
  readonly headers: readonly Header[]
}

/** Of one, two, three and four bytes, and half of a surrogate pair, which UTF-8 has no bytes for. */
const character = fc.constantFrom(
  'a',
  '0',
  '"',
  '\n',
  '\0',
  '\x7f',
  '\x80',
  'é',
  '\u07ff',
  '漢',
  '\uffff',
  '🙂',
  '\ud800',
  '\udc00',
)
const anyText = fc.array(character, { maxLength: 40 }).map((characters) => characters.join(''))
/** Around the lengths where a varint grows, and those where text is written in another way. */
const asciiText = fc
  .oneof(fc.nat(30), fc.constantFrom(62, 63, 64, 65, 127, 128, 8190, 8191, 8192))
  .map((length) => 'x'.repeat(length))
const bytes = fc.uint8Array({ maxLength: 80 }).map((values) => Buffer.from(values))
const field = fc.oneof(fc.constant(null), anyText, asciiText, bytes)

const headerKey = fc.oneof(fc.constantFrom('', 'reason', 'é', 'constructor', '__proto__'), anyText)
export const headers = fc.array(fc.record({ key: headerKey, value: fc.oneof(anyText, bytes) }), { maxLength: 4 })

export const record: fc.Arbitrary<PlainRecord> = fc.record({
  key: field,
  value: field,
  headers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: headers }),
})
export const records = fc.oneof(
  { weight: 8, arbitrary: fc.array(record, { minLength: 1, maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(record, fc.integer({ min: 64, max: 300 }))
      .map(([one, times]) => Array.from({ length: times }, () => one)),
  },
)

/** What a reader gets back of a field. */
export const asBytes = (value: Buffer | string | null): Buffer | null =>
  typeof value === 'string' ? Buffer.from(value) : value
