import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRecord } from '../../../src/app/record-json.ts'
import { jsonView } from '../../../src/cli/views/record-view.ts'
import { decodeRecordSet } from '../../../src/kafka/wire/batch-record-set.ts'
import { TimedRecords } from '../../../src/kafka/wire/timed-records.ts'
import { rawBatch, type RawRecord } from '../../support/raw-batches.ts'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
)
const nullable = fc.option(bytes)
const record: fc.Arbitrary<RawRecord> = fc.record({
  key: nullable,
  value: nullable,
  headers: fc.array(
    fc.record({ key: fc.string({ unit: 'binary', maxLength: 10 }).map((text) => Buffer.from(text)), value: nullable }),
    { maxLength: 4 },
  ),
  timestamp: fc.oneof(
    fc.constant(-1n),
    fc.bigInt(0n, 253_402_300_799_999n),
    fc.bigInt(253_402_300_800_000n, 4_000_000_000_000_000n),
  ),
})

describe('a record that is shown as JSON', () => {
  test.each([false, true])('is read back to the same bytes, for a terminal (%s) too', async (terminal) => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 5 }), async (records) => {
        const at = { topic: 'any.topic', partition: 3 }
        const set = await decodeRecordSet({
          bytes: await rawBatch(records),
          at,
          fetchOffset: 0,
          transactions: undefined,
        })
        const lines: string[] = []
        const view = jsonView({ terminal })
        for (const cursor = set.cursor(); cursor.next();) lines.push(String(view(at, cursor)))
        expect(lines.join('').split('\n')).toHaveLength(records.length + 1)
        const read = lines.map((line) => parseRecord(line.trimEnd()))
        expect(read).toEqual(
          records.map(({ key, value, headers = [], timestamp = 0n }) => ({
            ...{ topic: at.topic, partition: at.partition, timestampMs: Number(timestamp), key, value },
            headers: headers.map((header) => ({ key: header.key.toString(), value: header.value })),
          })),
        )
        // and written again, they are the bytes that another encoder made of the first ones
        const again = new TimedRecords()
        for (const { key, value, headers, timestampMs } of read) again.append(key, value, headers, timestampMs)
        expect(again.bytes.equals((await rawBatch(records)).subarray(61))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('keeps a tombstone apart from no bytes, a null key from an empty one, and headers that repeat', () => {
    const parsed = parseRecord(
      '{"topic":"t","key":"","value":null,"headers":[{"key":"h","value":null},{"key":"h","value":""}]}',
    )
    expect(parsed).toMatchObject({ key: Buffer.alloc(0), value: null })
    expect(parsed.headers).toEqual([{ key: 'h', value: null }, { key: 'h', value: Buffer.alloc(0) }]) // prettier-ignore
    expect(parseRecord('{"value":""}')).toEqual({ topic: undefined, partition: undefined, timestampMs: undefined, key: null, value: Buffer.alloc(0), headers: [] }) // prettier-ignore
  })
})

test.each([
  ['{', 'it is not JSON'],
  ['[]', 'it is not a JSON object'],
  ['{"key":"k"}', 'value is missing'],
  ['{"value":"v","payload":"x"}', 'unknown field "payload"'],
  ['{"value":"v","time":1}', 'did you mean timestamp?'],
  ['{"value":{"order_id":1}}', 'JSON in it is written as text'],
  ['{"value":7}', 'value must be text, null'],
  ['{"value":{"base64":"a"}}', 'value is not base64'],
  ['{"value":{"base64":"YQ"}}', 'value is not base64'],
  ['{"value":"\\ud800"}', 'lone surrogate'],
  ['{"value":"v","partition":-1}', 'partition must be'],
  ['{"value":"v","partition":"0"}', 'partition must be'],
  ['{"value":"v","topic":""}', 'topic must be text'],
  ['{"value":"v","timestamp":"soon"}', 'timestamp must be'],
  ['{"value":"v","timestamp":1.5}', 'timestamp must be'],
  ['{"value":"v","headers":"x"}', 'headers must be'],
  ['{"value":"v","headers":[{"value":"x"}]}', 'headers must be'],
])('%s is refused', (line, message) => expect(() => parseRecord(line)).toThrow(message))

test('headers may be an object, and a record may have no time', () => {
  expect(parseRecord('{"value":"v","headers":{"a":"1","b":null},"timestamp":null}')).toMatchObject({
    timestampMs: -1,
    headers: [{ key: 'a', value: Buffer.from('1') }, { key: 'b', value: null }],
  }) // prettier-ignore
})
