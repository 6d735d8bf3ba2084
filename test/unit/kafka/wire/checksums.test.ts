import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from '../../../../src/kafka/wire/crc32c.ts'
import { kafkajsCrc32c, kafkajsMurmur2 } from './kafkajs-internals.ts'
import { murmur2, murmur2Text, partitionOf } from '../../../../src/kafka/partitioner.ts'

const slice = fc.tuple(fc.uint8Array({ maxLength: 70 }), fc.nat(8), fc.nat(8)).map(([values, before, after]) => {
  const bytes = Buffer.from(values)
  return {
    bytes,
    from: Math.min(before, bytes.length),
    to: Math.max(bytes.length - after, Math.min(before, bytes.length)),
  }
})

test('murmur2 is that of kafkajs, of a part of a buffer too', () => {
  fc.assert(
    fc.property(slice, ({ bytes, from, to }) => {
      expect(murmur2(bytes)).toBe(kafkajsMurmur2(bytes))
      expect(murmur2(bytes, from, to)).toBe(kafkajsMurmur2(bytes.subarray(from, to)))
    }),
  )
})

test('murmur2 of a text is that of its bytes', () => {
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom('a', 'é', '漢', '🙂', '\ud800')).map((parts) => parts.join('')),
    fc.nat().map(String),
    fc.uuid(),
  )
  fc.assert(
    fc.property(text, (key) => {
      expect(murmur2Text(key)).toBe(murmur2(Buffer.from(key)))
    }),
  )
})

test('murmur2 gives the hashes that Kafka’s own tests name', () => {
  const known = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536, abc: 479470107 }
  for (const [text, hash] of Object.entries(known)) expect(murmur2Text(text)).toBe(hash)
})

test('a key’s partition is in range, and kafkajs’s', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (key, partitions) => {
      expect(partitionOf(key, partitions)).toBe((kafkajsMurmur2(key) & 0x7fffffff) % partitions)
    }),
  )
})

test('the checksum is CRC-32C, and kafkajs’s, of a part of a buffer too', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  fc.assert(
    fc.property(slice, ({ bytes, from, to }) => {
      expect(crc32c(bytes)).toBe(kafkajsCrc32c(bytes))
      expect(crc32c(bytes, from, to)).toBe(kafkajsCrc32c(bytes.subarray(from, to)))
    }),
  )
})
