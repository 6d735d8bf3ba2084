import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filterOf, parseGrep } from '../../../../src/app/tail/filter.ts'
import { decodeRecordSet } from '../../../../src/kafka/wire/batch-record-set.ts'
import { rawBatch, type RawRecord } from '../../../support/raw-batches.ts'

const raw = (key: string | null, value: string | null, headers: Record<string, string | null> = {}): RawRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: Object.entries(headers).map(([name, text]) => ({
    key: Buffer.from(name),
    value: text === null ? null : Buffer.from(text),
  })),
})

async function shown(
  records: readonly RawRecord[],
  ...[wish]: [Partial<Parameters<typeof filterOf>[0]>]
): Promise<number[]> {
  const at = { topic: 't', partition: 0 }
  const set = await decodeRecordSet({ bytes: await rawBatch(records), at, fetchOffset: 0, transactions: undefined })
  const isShown = filterOf({ grep: [], ignoreCase: false, ...wish })
  const offsets: number[] = []
  for (const cursor = set.cursor(); cursor.next();) if (isShown(cursor)) offsets.push(cursor.offset)
  return offsets
}

describe('a filter', () => {
  const records = [
    raw('7', '{"user_id":7,"status":"PAID"}', { source: 'web' }),
    raw('77', '{"user_id":77,"status":"DECLINED"}', { source: 'app', trace: null }),
    raw(null, '{"user_id":8,"status":"paid"}'),
    raw('9', null),
    raw('', ''),
  ]

  test.each([
    ['all without one', {}, [0, 1, 2, 3, 4]],
    ['a text in the value', { grep: ['PAID'] }, [0]],
    ['in any case', { grep: ['PAID'], ignoreCase: true }, [0, 2]],
    ['a regular expression', { grep: ['"user_id":7\\b'] }, [0]],
    ['braces as they are', { grep: ['{"user_id":7,'] }, [0]],
    ['all patterns at once', { grep: ['user_id', '!PAID'] }, [1, 2]],
    ['a negated one also matches where there is no value', { grep: ['!PAID'] }, [1, 2, 3, 4]],
    ['the key, as part', { grep: ['key:7'] }, [0, 1]],
    ['the key, whole', { key: '7' }, [0]],
    ['a key of no bytes is not a missing one', { key: '' }, [4]],
    ['key and value', { key: '77', grep: ['DECLINED'] }, [1]],
    ['a header by name and value', { grep: ['header:^source=web$'] }, [0]],
    ['a header without a value', { grep: ['header:^trace=$'] }, [1]],
    ['not that header', { grep: ['!header:source='] }, [2, 3, 4]],
    ['value: says what is meant anyway', { grep: ['value:PAID'] }, [0]],
  ])('shows %s', async (_, wish, offsets) => expect(await shown(records, wish)).toEqual(offsets))

  test('a text is found exactly where a search of each value finds it', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }),
        text.filter((t) => t !== ''),
        async (pairs, needle) => {
          const expected = pairs.flatMap(([, value], i) => (value.includes(needle) ? [i] : []))
          expect(
            await shown(
              pairs.map(([key, value]) => raw(key, value)),
              { grep: [needle] },
            ),
          ).toEqual(expected)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('a pattern that is no regular expression is named', () => {
    expect(() => filterOf({ grep: ['!key:('], ignoreCase: false })).toThrow('--grep cannot be "("')
  })
})

test.each([
  ['a', { negated: false, place: 'value', pattern: 'a' }],
  ['!a', { negated: true, place: 'value', pattern: 'a' }],
  ['!!a', { negated: true, place: 'value', pattern: '!a' }],
  ['key:a:b', { negated: false, place: 'key', pattern: 'a:b' }],
  ['!header:x', { negated: true, place: 'header', pattern: 'x' }],
  ['topic:x', { negated: false, place: 'value', pattern: 'topic:x' }],
])('--grep %s', (text, grep) => expect(parseGrep(text)).toEqual(grep))
