import { currentWireMode } from './mode.ts'
import { RecordBuffer, type Header, type Records } from './wire/record-buffer.ts'
import { createRecordBuffer } from './wire/records.ts'

export interface PartitionRecords {
  readonly topic: string
  readonly partition: number
  readonly records: Records
  /** The records' own time in ms; absent: now, when they are sent. */
  readonly timestampMs?: number
}

const CHUNK_BYTES = 1_000_000
const SPARE_BUFFERS = 64

/** Records to be written, encoded as they come: one buffer a partition, a further one where a broker would refuse the size. */
export class OutputBuffers {
  readonly #chunks = new Map<string, Records[][]>()
  readonly #spare: Records[] = []
  #count = 0
  #bytes = 0

  /** Records appended since the last `clear`. */
  get count(): number {
    return this.#count
  }

  get byteLength(): number {
    return this.#bytes
  }

  append(
    topic: string,
    partition: number,
    key: Buffer | string | null,
    value: Buffer | string | null,
    headers?: readonly Header[],
  ): void {
    let partitions = this.#chunks.get(topic)
    if (!partitions) this.#chunks.set(topic, (partitions = []))
    const chunks = (partitions[partition] ??= [])
    let last = chunks[chunks.length - 1]
    if (!last || (last.count > 0 && last.byteLength + RecordBuffer.sizeOf(key, value, headers) > CHUNK_BYTES)) {
      last = this.#spare.pop() ?? createRecordBuffer(currentWireMode())
      chunks.push(last)
    }
    const before = last.byteLength
    last.append(key, value, headers)
    this.#bytes += last.byteLength - before
    this.#count++
  }

  /** What to send, one request after the other: no partition stands twice in one of them. */
  rounds(): PartitionRecords[][] {
    const rounds: PartitionRecords[][] = []
    for (const [topic, partitions] of this.#chunks)
      partitions.forEach((chunks, partition) => {
        chunks.forEach((records, round) => {
          if (records.count > 0) (rounds[round] ??= []).push({ topic, partition, records })
        })
      })
    return rounds
  }

  /** Forgets all records, keeping the memory for the next ones. */
  clear(): void {
    for (const partitions of this.#chunks.values())
      for (const chunks of partitions)
        for (const records of (chunks as Records[] | undefined) ?? []) {
          records.clear()
          if (this.#spare.length < SPARE_BUFFERS) this.#spare.push(records)
        }
    this.#chunks.clear()
    this.#count = 0
    this.#bytes = 0
  }
}
