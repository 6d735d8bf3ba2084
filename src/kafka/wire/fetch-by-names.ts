import type { EncodableRequest } from '../exchange.ts'
import { encodeFetchV11 } from '../kafkajs/protocol.ts'
import type { FetchArgs } from '../records.ts'
import { ByteReader } from './byte-reader.ts'
import { byTopic, isolationLevels, readAborted, readHeader, type RawAnswer, type RawPartition } from './fetch-answer.ts'

/** A request in version 11. */
export const requestByNames = (args: FetchArgs): EncodableRequest =>
  encodeFetchV11({
    replicaId: -1,
    isolationLevel: isolationLevels[args.isolation],
    maxWaitTime: args.maxWaitMs,
    minBytes: args.minBytes,
    maxBytes: args.maxBytes,
    topics: byTopic(args.partitions),
  })

export function readByNames(payload: Buffer): RawAnswer {
  const reader = new ByteReader(payload)
  const clientSideThrottleTime = reader.int32()
  const errorCode = reader.int16()
  reader.int32() // session id: sessions are for followers
  const topics = reader.array(() => {
    const topic = reader.text()
    return reader.array(() => readPartition(reader, topic))
  })
  return { clientSideThrottleTime, errorCode, partitions: topics.flat() }
}

function readPartition(reader: ByteReader, topic: string): RawPartition {
  const header = {
    ...readHeader(reader, topic),
    aborted: reader.array(() => readAborted(reader)),
  }
  reader.int32() // preferred read replica: none without a rack
  return { ...header, bytes: reader.bytes() }
}
