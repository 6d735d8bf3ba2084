import { describe, expect, test } from 'vitest'
import type { FetchArgs } from '../../../../src/kafka/records.ts'
import { fetchRequest } from '../../../../src/kafka/wire/fetch.ts'
import { logBatch } from './broker-log.ts'
import { KafkajsEncoder } from '../../../../src/kafka/kafkajs/protocol.ts'

describe('a fetch by topics’ ids', () => {
  const ids = { orders: '00112233445566778899aabbccddeeff', users: 'ffeeddccbbaa99887766554433221100' }
  const partitions = [
    { topic: 'orders', topicId: ids.orders, partition: 2, offset: 5, maxBytes: 9 },
    { topic: 'users', topicId: ids.users, partition: 0, offset: 2 ** 40, maxBytes: 9 },
  ]
  const bytesOf = ({ buffer }: KafkajsEncoder): Buffer => {
    const bytes = Buffer.alloc(buffer.length)
    buffer.copy(bytes, 0)
    return bytes
  }
  const fetchOf = (own: Partial<FetchArgs> = {}) =>
    fetchRequest({ maxWaitMs: 50, minBytes: 65_536, maxBytes: 10_000_000, isolation: 'read_committed', partitions, ...own }, 'payflow', { byIds: true }) // prettier-ignore
  const uuid = (encoder: KafkajsEncoder, id: string): KafkajsEncoder => {
    for (const word of id.match(/.{8}/g)!) encoder.writeInt32(Number.parseInt(word, 16) | 0)
    return encoder
  }

  test('names no topic, and is one by names where a position has no id', async () => {
    const { request } = fetchOf()
    const body = new KafkajsEncoder()
      .writeInt8(0)
      .writeInt32(-1)
      .writeInt32(50)
      .writeInt32(65_536)
      .writeInt32(10_000_000)
    body.writeInt8(1).writeInt32(0).writeInt32(-1).writeUVarInt(3)
    for (const { topicId, partition, offset } of partitions) {
      uuid(body, topicId).writeUVarInt(2).writeInt32(partition).writeInt32(-1).writeInt64(offset).writeInt32(-1)
      body.writeInt64(-1).writeInt32(9).writeInt8(0).writeInt8(0)
    }
    body.writeUVarInt(1).writeUVarInt(1).writeInt8(0)
    expect(request.apiVersion).toBe(13)
    expect((await request.encode()).buffer).toEqual(body.buffer)
    expect(fetchOf({ partitions: [...partitions, { topic: 'old', partition: 0, offset: 0, maxBytes: 9 }] }).request.apiVersion).toBe(11) // prettier-ignore
  })

  test('gives records, aborted transactions and errors to the topics that were asked for', async () => {
    const bytes = await logBatch({
      baseOffset: 5,
      records: ['a', 'b'].map((value, i) => ({ offset: 5 + i, key: null, value })),
    })
    const answer = (id: string, partition: number, errorCode: number, records: Buffer): Buffer => {
      const encoder = uuid(new KafkajsEncoder(), id).writeUVarInt(2).writeInt32(partition).writeInt16(errorCode)
      for (const offset of [9, 8, 4]) encoder.writeInt64(offset)
      encoder
        .writeUVarInt(2)
        .writeInt64(77)
        .writeInt64(7)
        .writeInt8(0)
        .writeInt32(-1)
        .writeUVarInt(records.length + 1)
      return Buffer.concat([bytesOf(encoder), records, Buffer.alloc(2)])
    }
    const body = (id: string): Buffer => {
      const head = new KafkajsEncoder().writeInt8(0).writeInt32(15).writeInt16(0).writeInt32(0).writeUVarInt(3)
      return Buffer.concat([
        bytesOf(head),
        answer(ids.users, 0, 100, Buffer.alloc(0)),
        answer(id, 2, 0, bytes),
        Buffer.alloc(1),
      ])
    }
    const { response } = fetchOf()
    const [users, orders] = await response.parse(await response.decode(body(ids.orders)))
    expect(users).toMatchObject({ topic: 'users', partition: 0, errorCode: 100, records: { nextOffset: 2 ** 40, count: 0 } }) // prettier-ignore
    expect(orders).toMatchObject({ topic: 'orders', partition: 2, errorCode: 0, highWatermark: 9, lastStableOffset: 8, logStartOffset: 4 }) // prettier-ignore
    const cursor = orders!.records.cursor()
    expect([cursor.next(), cursor.offset, cursor.valueText()]).toEqual([true, 5, 'a'])
    expect([cursor.next(), cursor.offset, cursor.valueText(), cursor.next()]).toEqual([true, 6, 'b', false])
    await expect((async () => response.decode(body('0'.repeat(31) + '1')))()).rejects.toThrow('not asked for')
  })
})
