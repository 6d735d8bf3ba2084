import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRecordBatches } from '../../../../src/kafka/wire/record-batch.ts'
import { ofLibraries } from '../../../../src/kafka/wire/codec-zstd.ts'
import { areWholeFrames } from '../../../../src/kafka/wire/zstd-frames.ts'

test('a frame is whole, several are, and no part of one is', async () => {
  const codec = await ofLibraries()
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), fc.nat(), async (content, cut) => {
      const frame = await codec.compress(Buffer.from(content))
      expect(areWholeFrames(frame)).toBe(true)
      expect(areWholeFrames(Buffer.concat([frame, frame]))).toBe(true)
      expect(areWholeFrames(frame.subarray(0, cut % frame.length))).toBe(false)
    }),
  )
})

test.each(['java', 'librdkafka'])('what %s wrote is whole', (writer) => {
  const log = readFileSync(new URL(`../../../fixtures/batches/${writer}-zstd.bin`, import.meta.url))
  const batches = readRecordBatches(log, { topic: 't', partition: 0 })
  for (const { buffer, start, end } of batches) expect(areWholeFrames(buffer.subarray(start, end))).toBe(true)
})

test('other bytes are not frames', () => {
  expect(areWholeFrames(Buffer.alloc(0))).toBe(false)
  expect(areWholeFrames(Buffer.from('no such thing'))).toBe(false)
})
