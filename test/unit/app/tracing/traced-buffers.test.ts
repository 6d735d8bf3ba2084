import { expect, test } from 'vitest'
import { TracedBuffers } from '../../../../src/app/tracing/traced-buffers.ts'
import { OutputBuffers } from '../../../../src/kafka/output-buffers.ts'
import { TopicLimits } from '../../../../src/kafka/topic-limits.ts'

const trace = [{ key: 'traceparent', value: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }]
const limits = new TopicLimits()
limits.set('small', 1_100)

const bytesOf = (buffers: OutputBuffers): number =>
  buffers.batches().reduce((sum, { records }) => sum + records.byteLength, 0)

test('a record takes the trace that is carried, and none when nothing is', () => {
  const buffers = new TracedBuffers(limits)
  const plain = new OutputBuffers(limits)
  buffers.append('t', 0, 'k', 'v')
  plain.append('t', 0, 'k', 'v')
  expect(bytesOf(buffers)).toBe(bytesOf(plain))
  buffers.carry(trace)
  buffers.append('t', 0, 'k', 'v')
  plain.append('t', 0, 'k', 'v', trace)
  expect(bytesOf(buffers)).toBe(bytesOf(plain))
})

test('a record that has a trace keeps it', () => {
  const own = [{ key: 'traceparent', value: 'whatever it is' }]
  const [buffers, plain] = [new TracedBuffers(limits), new OutputBuffers(limits)]
  buffers.carry(trace)
  buffers.append('t', 0, 'k', 'v', own)
  plain.append('t', 0, 'k', 'v', own)
  expect(bytesOf(buffers)).toBe(bytesOf(plain))
})

test('a record that fits without the trace only is written without it', () => {
  const value = 'v'.repeat(980)
  const [buffers, plain] = [new TracedBuffers(limits), new OutputBuffers(limits)]
  expect([plain.fits('small', 'k', value), plain.fits('small', 'k', value, trace)]).toEqual([true, false])
  buffers.carry(trace)
  buffers.append('small', 0, 'k', value)
  plain.append('small', 0, 'k', value)
  expect(bytesOf(buffers)).toBe(bytesOf(plain))
})
