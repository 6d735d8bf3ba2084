import { ABSENT, flexible, readPartitions, type Request } from './flexible.ts'
import type { ByteReader } from './byte-reader.ts'

/** What a broker's disks hold. `withDisk`, from Kafka 3.3: how large they are, and how much of them is free (KIP-827). */
export const describeLogDirsApi = { apiKey: 35, apiVersion: 2, withDisk: 4, apiName: 'DescribeLogDirs' } as const

export interface LogDir {
  /** 0: it can be used. */
  readonly errorCode: number
  readonly path: string
  readonly replicas: readonly ReplicaSize[]
  /** Undefined where the broker does not say. */
  readonly totalBytes: number | undefined
  readonly usableBytes: number | undefined
}

interface ReplicaSize {
  readonly topic: string
  readonly partition: number
  readonly bytes: number
  /** Offsets that it is behind the leader's high watermark. */
  readonly behind: number
}

/** Of all topics. */
export const describeLogDirsRequest = (apiVersion: 2 | 4): Request<LogDir[]> =>
  flexible(
    { ...describeLogDirsApi, apiVersion },
    (encoder) => encoder.writeUVarInt(ABSENT),
    (reader) => ({
      errorCode: apiVersion >= 3 ? reader.int16() : 0,
      value: reader.compactArray(() => readLogDir(reader, apiVersion)),
    }),
  )

function readLogDir(reader: ByteReader, apiVersion: number): LogDir {
  const [errorCode, path] = [reader.int16(), reader.compactText()]
  const replicas = readPartitions(reader, (topic): ReplicaSize => {
    const size = { topic, partition: reader.int32(), bytes: reader.int64(), behind: reader.int64() }
    reader.int8() // it will move to this directory
    return size
  })
  const withDisk = apiVersion >= describeLogDirsApi.withDisk
  const [total, usable] = withDisk ? [reader.int64(), reader.int64()] : [-1, -1]
  reader.tags()
  const known = (bytes: number): number | undefined => (bytes < 0 ? undefined : bytes)
  return { errorCode, path, replicas, totalBytes: known(total), usableBytes: known(usable) }
}
