import { expect, test } from 'vitest'
import { arePlain, firstHole } from '../../../../src/kafka/wire/gaps.ts'
import type { RecordBatch } from '../../../../src/kafka/wire/record-batch.ts'

const batch = (baseOffset: number, lastOffset: number, more: Partial<RecordBatch> = {}): RecordBatch => ({
  ...{ baseOffset, lastOffset, count: lastOffset - baseOffset + 1, codec: 0 },
  ...{ isTransactional: false, isControl: false, producerId: -1n, firstTimestamp: 0, appendTime: null },
  ...{ buffer: Buffer.alloc(0), start: 0, end: 0 },
  ...more,
})

test.each([
  ['batches that follow on one another', [batch(0, 4), batch(5, 9)], 0, undefined],
  ['a batch that begins before the fetch offset', [batch(0, 9)], 5, undefined],
  ['a commit marker between batches', [batch(0, 4, { isTransactional: true }), batch(5, 5, { isControl: true })], 0, undefined],
  ['a first batch that is gone', [batch(3, 9)], 0, 0],
  ['a batch that is gone in between', [batch(0, 4), batch(8, 9)], 0, 5],
  ['records that are gone inside a batch', [batch(0, 4), batch(5, 9, { count: 2 })], 0, 5],
  ['nothing at all', [], 0, undefined],
])('a hole: %s', (_, batches, from, hole) => {
  expect(firstHole(batches, from)).toBe(hole)
}) // prettier-ignore

test.each([
  ['plain batches', [batch(0, 4), batch(5, 9)], true],
  ['a transaction', [batch(0, 4, { isTransactional: true })], false],
  ['a commit marker', [batch(0, 0, { isControl: true })], false],
  ['a hole', [batch(0, 4, { count: 1 })], false],
])('offsets count records: %s', (_, batches, plain) => {
  expect(arePlain(batches, 0)).toBe(plain)
})
