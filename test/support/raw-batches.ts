import { Encoder } from '../unit/kafka/wire/kafkajs-internals.ts'
import type { Connection } from '../../src/kafka/connection.ts'
import { crc32cInScript } from '../../src/kafka/wire/crc32c.ts'
import { type Compression, codecNumber } from '../../src/kafka/compression.ts'
import { codecOf } from '../../src/kafka/wire/codecs.ts'

/** A record as any client may write it: everything is bytes. */
export interface RawRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: readonly { readonly key: Buffer; readonly value: Buffer | null }[] | undefined
  /** What the batch says is milliseconds; now when it is absent. (A broker soon deletes a segment that is all of 1970.) */
  readonly timestamp?: bigint
}

const now = (): bigint => BigInt(Date.now())

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

const sized = (bytes: Buffer | null): Buffer[] =>
  bytes === null ? [varint(-1n)] : [varint(BigInt(bytes.length)), bytes]

function recordBytes(
  { key, value, headers = [], timestamp = now() }: RawRecord,
  offset: number,
  first: bigint,
): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(BigInt.asIntN(64, timestamp - first)),
    varint(BigInt(offset)),
    ...sized(key),
    ...sized(value),
    varint(BigInt(headers.length)),
    ...headers.flatMap((header) => [...sized(header.key), ...sized(header.value)]),
  ])
  return Buffer.concat([varint(BigInt(body.length)), body])
}

/** A record batch of format 2, made without payflow's encoder. */
export async function rawBatch(records: readonly RawRecord[], compression: Compression = 'none'): Promise<Buffer> {
  const times = records.map(({ timestamp = now() }) => timestamp)
  const first = times[0]!
  const plain = Buffer.concat(records.map((record, i) => recordBytes(record, i, first)))
  const body = compression === 'none' ? plain : await (await codecOf(compression)).compress(plain)
  const header = Buffer.alloc(61)
  header.writeInt32BE(49 + body.length, 8)
  header.writeInt8(2, 16)
  header.writeInt16BE(codecNumber(compression), 21)
  header.writeInt32BE(records.length - 1, 23)
  header.writeBigInt64BE(first, 27)
  header.writeBigInt64BE(
    times.reduce((most, time) => (time > most ? time : most)),
    35,
  )
  header.writeBigInt64BE(-1n, 43)
  header.writeInt16BE(-1, 51)
  header.writeInt32BE(-1, 53)
  header.writeInt32BE(records.length, 57)
  const batch = Buffer.concat([header, body])
  batch.writeUInt32BE(crc32cInScript(batch, 21), 17)
  return batch
}

/** Writes one batch as it is. @throws when the broker does not take it */
export async function produceRaw(
  connection: Connection,
  at: { readonly topic: string; readonly partition: number },
  batch: Buffer,
): Promise<void> {
  const partition = new Encoder().writeInt32(at.partition).writeBytes(batch)
  const topic = new Encoder().writeString(at.topic).writeArray([partition])
  const noId = null as unknown as string
  const body = new Encoder().writeString(noId).writeInt16(-1).writeInt32(10_000).writeArray([topic])
  const leader = await connection.leader(at.topic, at.partition)
  const errorCode = await connection.send(leader, {
    request: { apiKey: 0, apiVersion: 7, apiName: 'Produce', encode: () => Promise.resolve(body) },
    response: {
      // one topic, its name, one partition, its number; then the error
      decode: (raw) => Promise.resolve(raw.readInt16BE(4 + 2 + at.topic.length + 4 + 4)),
      parse: (code: number) => Promise.resolve(code),
    },
  })
  if (errorCode !== 0) throw new Error(`the broker refuses the batch: error code ${errorCode}`)
}
