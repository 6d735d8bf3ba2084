import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fetchRequest } from '../../../../src/kafka/wire/fetch.ts'
import { fetchResponse, logBatch } from './broker-log.ts'
import { Batch, decodeFetch, type KafkajsMessage } from './kafkajs-internals.ts'
import { log, type Log } from './random-log.ts'
import type { RecordCodec } from '../../../../src/kafka/codec.ts'

interface Seen {
  readonly nextOffset: number
  readonly count: number
  readonly offsets: readonly number[]
  /** Each record in one line. */
  readonly records: readonly string[]
}

const hex = (bytes: Buffer | null): string => bytes?.toString('hex') ?? 'null'
const line = ({
  offset,
  timestamp,
  key,
  value,
}: Pick<KafkajsMessage, 'offset' | 'timestamp' | 'key' | 'value'>): string =>
  [offset, timestamp, hex(key), hex(value)].join(' ')

type Isolation = 'read_committed' | 'read_uncommitted'

async function seen(payload: Buffer, offset: number, isolation: Isolation, mode: RecordCodec): Promise<Seen> {
  const partitions = [{ topic: 'orders', partition: 2, offset, maxBytes: 1 << 20 }]
  const { response } = fetchRequest({ maxWaitMs: 1, minBytes: 1, maxBytes: 1, isolation, partitions }, mode)
  const [answer] = await response.parse(await response.decode(payload))
  const { nextOffset, count } = answer!.records
  const [offsets, records] = [[] as number[], [] as string[]]
  for (const cursor = answer!.records.cursor(); cursor.next();) {
    offsets.push(cursor.offset)
    records.push(
      line({
        offset: String(cursor.offset),
        timestamp: String(cursor.timestamp),
        key: cursor.key(),
        value: cursor.value(),
      }),
    )
  }
  return { nextOffset, count, offsets, records }
}

const everyOffset = ({ batches }: Log): number[] =>
  batches.filter((batch) => !batch.control).flatMap((batch) => batch.records.map(({ offset }) => offset))

/** `start` and `cut` choose, by their remainders, an offset of the first batch and how much of the log one fetch brings. */
async function readsAsWritten(log: Log, start: number, cut: number): Promise<void> {
  const encoded = await Promise.all(log.batches.map(logBatch))
  const all = Buffer.concat(encoded)
  const bytes = cut % 3 === 0 ? all.subarray(0, cut % (all.length + 1)) : all
  const whole = encoded.filter((_, i) => Buffer.concat(encoded.slice(0, i + 1)).length <= bytes.length).length
  const first = log.batches[0]?.baseOffset ?? 0
  const offset = first + (start % ((log.batches[0]?.lastOffset ?? first) - first + 1))
  const last = log.batches[whole - 1]
  const end = last ? (last.lastOffset ?? last.baseOffset) + 1 : offset
  const fetched = (offsets: Iterable<number>): number[] =>
    [...offsets].filter((at) => at >= offset && at < end).toSorted((a, b) => a - b)

  // up to there everything is decided, whatever comes behind
  const answer = { bytes: Buffer.concat(encoded.slice(0, whole)), aborted: log.aborted, lastStableOffset: end }
  const byKafkajs = (await decodeFetch(fetchResponse([answer]))).responses[0]!.partitions[0]!
  const lines = byKafkajs.messages
    .filter((message) => fetched([Number(message.offset)]).length === 1 && !message.isControlRecord)
    .map(line)

  for (const mode of ['payflow', 'kafkajs'] as const) {
    const committed = await seen(fetchResponse([{ ...answer, bytes }]), offset, 'read_committed', mode)
    expect(committed.offsets).toEqual(fetched(log.visible))
    expect(committed.nextOffset).toBe(end)
    expect(committed.count).toBeGreaterThanOrEqual(committed.offsets.length)
    // where more is decided than this fetch has brought, the next one brings what it has left
    const begun = await seen(fetchResponse([{ ...answer, bytes, lastStableOffset: 6_000_000_000 }]), offset, 'read_committed', mode) // prettier-ignore
    const goneOn = await seen(fetchResponse([{ ...answer, bytes: all }]), begun.nextOffset, 'read_committed', mode)
    const wanted = [...log.visible].filter((at) => at >= offset).toSorted((a, b) => a - b)
    expect([...begun.offsets, ...goneOn.offsets]).toEqual(wanted)
    const uncommitted = await seen(fetchResponse([{ ...answer, bytes }]), offset, 'read_uncommitted', mode)
    expect(uncommitted.offsets).toEqual(fetched(everyOffset(log)))
    expect(uncommitted.nextOffset).toBe(end)
    expect(uncommitted.records).toEqual(lines)
    // Elsewhere kafkajs shows aborted records (see fetch.test.ts).
    if (offset === first && log.isComplete) {
      const { messages } = new Batch('orders', String(offset), byKafkajs)
      expect(committed.records).toEqual(messages.map(line))
    }
  }
}

test(
  'any log reads as it was written and as kafkajs reads it, from any offset, however it is cut',
  { timeout: 30_000 },
  async () => {
    await fc.assert(fc.asyncProperty(log, fc.nat(), fc.nat(), readsAsWritten), { numRuns: 150 })
  },
)
