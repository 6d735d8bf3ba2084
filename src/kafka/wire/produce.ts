import { groupedByTopic } from '../partitions.ts'
import { ByteReader } from './byte-reader.ts'
import { codecNumber } from '../compression.ts'
import type { PartitionBatch, ProduceArgs, ProduceResult, Records } from '../records.ts'
import { codecOf } from './codecs.ts'
import { crc32c } from './crc32c.ts'
import { readPartitions } from './flexible.ts'
import { compactFraming, plainFraming, type Framing } from './framing.ts'
import type { Encoded, Exchange } from '../exchange.ts'
import { encodeProduceV7, type KafkajsMessage } from '../kafkajs/protocol.ts'
import { registerCodecs } from './kafkajs-codecs.ts'
import { MessageList } from './message-list.ts'
import { RecordBuffer } from './record-buffer.ts'
import { TimedRecords } from './timed-records.ts'

export const produceApi = { apiKey: 0, apiVersion: 7, apiName: 'Produce' } as const
/** The first version with which a partition's leader takes the partition into the transaction (KIP-890). */
export const enlistingProduceApi = { apiKey: 0, apiVersion: 12, apiName: 'Produce' } as const

interface ProduceResponse {
  readonly clientSideThrottleTime: number
  readonly results: ProduceResult[]
}

/**
 * A Produce request for `connectionPool.send`: one record batch a partition, its records stamped each with its own time (`TimedRecords`), or all with that of the batch or of sending.
 * Encoded by payflow or by kafkajs, as its records were (`createRecordBuffer`). An error of a partition is a result; none is thrown.
 */
export function produceRequest(args: ProduceArgs): Exchange<ProduceResult[], ProduceResponse> {
  const topics = checked(args.batches)
  const request = args.batches.every(({ records }) => records instanceof MessageList)
    ? kafkajsRequest(args, topics)
    : {
        ...(args.enlists ? enlistingProduceApi : produceApi),
        encode: async () => encode(args, topics, await packedOf(args)),
      }
  return {
    request,
    response: {
      decode: (payload) => Promise.resolve(args.enlists ? decodeFlexible(payload) : decode(payload)),
      parse: ({ results }) => Promise.resolve(results),
    },
    logResponseError: false,
  }
}

type Topics = ReadonlyMap<string, readonly PartitionBatch[]>

function checked(batches: readonly PartitionBatch[]): Topics {
  const seen = new Set<string>()
  return groupedByTopic(batches, (batch) => {
    const at = `${batch.topic}[${batch.partition}]`
    if (batch.records.count === 0) throw new Error(`no records for ${at}`)
    if (seen.has(at)) throw new Error(`two batches for ${at} in one request`)
    seen.add(at)
    return batch
  })
}

/** kafkajs compresses all batches of a request in one way. */
function kafkajsRequest(args: ProduceArgs, topics: Topics): ReturnType<typeof encodeProduceV7> {
  const compression = args.batches.find((batch) => batch.compression)?.compression ?? args.compression ?? 'none'
  if (compression !== 'none') registerCodecs()
  return encodeProduceV7({
    compression: codecNumber(compression),
    acks: args.acks,
    timeout: args.timeoutMs,
    transactionalId: args.transactionalId,
    producerId: String(args.producerId),
    producerEpoch: args.producerEpoch,
    topicData: Array.from(topics, ([topic, batches]) => ({
      topic,
      partitions: batches.map(({ partition, records, baseSequence, timestampMs }) => ({
        partition,
        firstSequence: baseSequence,
        messages: records instanceof MessageList ? stamped(records.messages, timestampMs) : [],
      })),
    })),
  })
}

const stamped = (messages: readonly KafkajsMessage[], timestampMs: number | undefined): readonly KafkajsMessage[] =>
  timestampMs === undefined ? messages : messages.map((message) => ({ ...message, timestamp: timestampMs }))

/** Bytes of a batch's header, and of it those before and after the end of its length field. */
const batchHeader = { before: 12, after: 49 }
const TRANSACTIONAL_FLAG = 16

interface Packed {
  /** A codec's number. */
  readonly codec: number
  readonly bytes: Buffer
}
/** The records of the batches that are sent compressed. */
type PackedBatches = ReadonlyMap<PartitionBatch, Packed>

const nothingPacked: PackedBatches = new Map()

async function packedOf({ compression = 'none', batches }: ProduceArgs): Promise<PackedBatches> {
  if (compression === 'none' && batches.every((batch) => batch.compression === undefined)) return nothingPacked
  const packed = new Map<PartitionBatch, Packed>()
  const pack = async (batch: PartitionBatch): Promise<void> => {
    const chosen = batch.compression ?? compression
    if (chosen === 'none' || !isEncoded(batch.records)) return
    const bytes = await (await codecOf(chosen)).compress(batch.records.bytes)
    if (bytes.length < batch.records.byteLength) packed.set(batch, { codec: codecNumber(chosen), bytes })
  }
  await Promise.all(batches.map(pack))
  return packed
}

/** kafkajs copies a request twice to frame it: the first of these copies is where it is written. */
function encode(args: ProduceArgs, topics: Topics, packed: PackedBatches): Encoded {
  const length = sizeOf(args, topics, packed)
  const copy = (target: Buffer, start: number): number => {
    const written = writeRequest(target, start, args, topics, packed) - start
    if (written !== length) throw new Error('records were appended while their request was being encoded')
    return written
  }
  return { buf: nothing, buffer: { length, copy } }
}

const nothing = Buffer.alloc(0)

const framingOf = ({ enlists }: ProduceArgs): Framing => (enlists ? compactFraming : plainFraming)

/** Returns the position after it, as all that write here. */
function writeRequest(bytes: Buffer, start: number, args: ProduceArgs, topics: Topics, packed: PackedBatches): number {
  const framing = framingOf(args)
  // the tags of the header, which kafkajs writes without them
  let at = framing.writeTags(bytes, start)
  at = framing.writeText(bytes, args.transactionalId, at)
  at = bytes.writeInt16BE(args.acks, at)
  at = bytes.writeInt32BE(args.timeoutMs, at)
  at = framing.writeCount(bytes, topics.size, at)
  for (const [topic, batches] of topics) {
    at = framing.writeText(bytes, topic, at)
    at = framing.writeCount(bytes, batches.length, at)
    for (const batch of batches) {
      at = bytes.writeInt32BE(batch.partition, at)
      at = framing.writeCount(bytes, sizeOfBatch(batch, packed), at)
      at = writeBatch(bytes, args, batch, packed.get(batch), at)
      at = framing.writeTags(bytes, at)
    }
    at = framing.writeTags(bytes, at)
  }
  return framing.writeTags(bytes, at)
}

const isEncoded = (records: Records): records is RecordBuffer | TimedRecords =>
  records instanceof RecordBuffer || records instanceof TimedRecords

const sameTime = (ms: number) => ({ firstMs: ms, mostMs: ms })

function sizeOf(args: ProduceArgs, topics: Topics, packed: PackedBatches): number {
  const framing = framingOf(args)
  const { tagsSize } = framing
  let size = tagsSize + framing.textSize(args.transactionalId) + 2 + 4 + framing.countSize(topics.size) + tagsSize
  for (const [topic, batches] of topics) {
    size += framing.textSize(topic) + framing.countSize(batches.length) + tagsSize
    for (const batch of batches) {
      const length = sizeOfBatch(batch, packed)
      size += 4 + framing.countSize(length) + length + tagsSize
    }
  }
  return size
}

const sizeOfBatch = (batch: PartitionBatch, packed: PackedBatches): number =>
  batchHeader.before + batchHeader.after + (packed.get(batch)?.bytes.length ?? batch.records.byteLength)

function writeBatch(
  bytes: Buffer,
  args: ProduceArgs,
  { records, baseSequence, timestampMs }: PartitionBatch,
  packed: Packed | undefined,
  start: number,
): number {
  if (!isEncoded(records)) throw new Error('records for two encoders in one request')
  const { count } = records
  const body = packed?.bytes ?? records.bytes
  const byteLength = body.length
  const { firstMs, mostMs } = records instanceof TimedRecords ? records.times : sameTime(timestampMs ?? Date.now())
  let at = bytes.writeBigInt64BE(0n, start) // base offset: the broker's to give
  at = bytes.writeInt32BE(batchHeader.after + byteLength, at)
  at = bytes.writeInt32BE(0, at) // leader epoch: the broker's too
  at = bytes.writeInt8(2, at) // message format
  const checked = at + 4
  at = bytes.writeInt16BE((args.transactionalId === null ? 0 : TRANSACTIONAL_FLAG) | (packed?.codec ?? 0), checked)
  at = bytes.writeInt32BE(count - 1, at)
  at = bytes.writeBigInt64BE(BigInt(firstMs), at)
  at = bytes.writeBigInt64BE(BigInt(mostMs), at)
  at = bytes.writeBigInt64BE(BigInt(args.producerId), at)
  at = bytes.writeInt16BE(args.producerEpoch, at)
  at = bytes.writeInt32BE(baseSequence, at)
  at = bytes.writeInt32BE(count, at)
  at += body.copy(bytes, at)
  bytes.writeUInt32BE(crc32c(bytes, checked, at), checked - 4)
  return at
}

function decode(payload: Buffer): ProduceResponse {
  const reader = new ByteReader(payload)
  const topics = reader.array(() => {
    const topic = reader.text()
    return reader.array((): ProduceResult => {
      const result = { topic, partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() }
      reader.position += 16 // append time, log start offset
      return result
    })
  })
  return { results: topics.flat(), clientSideThrottleTime: reader.int32() }
}

function decodeFlexible(payload: Buffer): ProduceResponse {
  const reader = new ByteReader(payload)
  reader.tags()
  const results = readPartitions(reader, (topic): ProduceResult => {
    const result = { topic, partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() }
    reader.position += 16 // append time, log start offset
    reader.compactArray(() => {
      reader.int32() // index of a record
      reader.compactText() // what is wrong with it
      reader.tags()
    })
    reader.compactText() // what is wrong with all
    return result
  })
  return { results, clientSideThrottleTime: reader.int32() }
}
