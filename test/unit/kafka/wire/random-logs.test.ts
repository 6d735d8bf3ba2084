import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fetchRequest } from '../../../../src/kafka/wire/fetch.ts'
import type { WireMode } from '../../../../src/kafka/wire/wire-mode.ts'
import { asBytes, records, type PlainRecord } from './arbitrary-records.ts'
import { fetchResponse, logBatch, marker, type LogBatch } from './broker-log.ts'
import { Batch, decodeFetch } from './kafkajs-internals.ts'

interface Seen {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

interface Log {
  readonly batches: readonly LogBatch[]
  readonly aborted: readonly { readonly producerId: string; readonly firstOffset: number }[]
  /** Offsets a read-committed reader sees. */
  readonly visible: ReadonlySet<number>
  /** Compaction took nothing. */
  readonly isComplete: boolean
}

/** What happens to a partition: a producer writes a batch, which may lose records to compaction, or ends its transaction. */
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      producerId: fc.constantFrom('-1', '5', '6', '9007199254740992', '9007199254740993'),
      records,
      lost: fc.oneof(
        { weight: 2, arbitrary: fc.constant(new Set<number>()) },
        { weight: 1, arbitrary: fc.array(fc.nat(20)).map((list) => new Set(list)) },
      ),
      gzip: fc.nat(4).map((n) => n === 0),
      appendTime: fc.nat(9).map((n) => n === 0),
      timestampStep: fc.constantFrom(0, 1, -3, 40_000_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      producerId: fc.constantFrom('5', '6', '9007199254740992', '9007199254740993'),
      type: fc.constantFrom('abort' as const, 'commit' as const),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** Transactions still open at the end lie before their marker: aborted, as the broker lists them when a fetch is cut there. */
function logOf(steps: readonly Step[], firstOffset: number): Log {
  const [batches, aborted, visible] = [
    [] as LogBatch[],
    [] as { producerId: string; firstOffset: number }[],
    new Set<number>(),
  ]
  const open = new Map<string, { firstOffset: number; offsets: number[] }>()
  let end = firstOffset
  let isComplete = true
  const close = (producerId: string, type: 'abort' | 'commit'): void => {
    const transaction = open.get(producerId)
    if (!transaction) return
    open.delete(producerId)
    if (type === 'abort') aborted.push({ producerId, firstOffset: transaction.firstOffset })
    else for (const offset of transaction.offsets) visible.add(offset)
  }
  for (const next of steps) {
    if ('type' in next) {
      if (!open.has(next.producerId)) continue
      close(next.producerId, next.type)
      batches.push(marker(end++, next.producerId, next.type))
      continue
    }
    const { producerId, gzip, appendTime } = next
    const written = next.records.map((record, i) => ({
      offset: end + i,
      ...plain(record),
      timestampDelta: i * next.timestampStep,
    }))
    const left = written.filter((_, i) => !next.lost.has(i))
    isComplete &&= left.length === written.length
    batches.push({ baseOffset: end, lastOffset: end + written.length - 1, records: left, producerId, gzip, appendTime })
    const offsets = left.map(({ offset }) => offset)
    if (producerId === '-1') for (const offset of offsets) visible.add(offset)
    else {
      const transaction = open.get(producerId) ?? { firstOffset: end, offsets: [] }
      open.set(producerId, { ...transaction, offsets: [...transaction.offsets, ...offsets] })
    }
    end += written.length
  }
  for (const producerId of [...open.keys()]) close(producerId, 'abort')
  return { batches, aborted: aborted.toSorted((a, b) => a.firstOffset - b.firstOffset), visible, isComplete }
}

const plain = ({ key, value }: PlainRecord) => ({ key: asBytes(key), value: asBytes(value) })
const log = fc
  .tuple(fc.array(step, { maxLength: 12 }), fc.constantFrom(0, 63, 5_000_000_000))
  .map(([steps, first]) => logOf(steps, first))

async function seen(payload: Buffer, offset: number, isolation: 'read_committed' | 'read_uncommitted', mode: WireMode) {
  const partitions = [{ topic: 'orders', partition: 2, offset, maxBytes: 1 << 20 }]
  const { response } = fetchRequest({ maxWaitMs: 1, minBytes: 1, maxBytes: 1, isolation, partitions }, mode)
  const [answer] = await response.parse(await response.decode(payload))
  const { nextOffset, count } = answer!.records
  const list: Seen[] = []
  for (const cursor = answer!.records.cursor(); cursor.next();) {
    list.push({ offset: cursor.offset, timestamp: cursor.timestamp, key: cursor.key(), value: cursor.value() })
  }
  return { nextOffset, count, list }
}

const everyOffset = ({ batches }: Log): number[] =>
  batches.filter((batch) => !batch.control).flatMap((batch) => batch.records.map(({ offset }) => offset))

test.each(['payflow', 'kafkajs'] as const)(
  'any log reads as it was written, from any offset, however it is cut (%s)',
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(log, fc.nat(), fc.nat(), async (log, start, cut) => {
        const encoded = await Promise.all(log.batches.map(logBatch))
        const all = Buffer.concat(encoded)
        const bytes = cut % 3 === 0 ? all.subarray(0, cut % (all.length + 1)) : all
        const wholeBatches = log.batches.slice(
          0,
          encoded.filter((_, i) => Buffer.concat(encoded.slice(0, i + 1)).length <= bytes.length).length,
        )
        const first = log.batches[0]?.baseOffset ?? 0
        const firstEnd = log.batches[0]?.lastOffset ?? first
        const offset = first + (start % (firstEnd - first + 1))
        const last = wholeBatches.at(-1)
        const end = last ? (last.lastOffset ?? last.baseOffset) + 1 : offset

        const payload = fetchResponse([{ bytes, aborted: log.aborted }])
        const committed = await seen(payload, offset, 'read_committed', mode)
        const inRange = (at: number): boolean => at >= offset && at < end
        expect(committed.list.map((record) => record.offset)).toEqual(
          [...log.visible].filter(inRange).toSorted((a, b) => a - b),
        )
        expect(committed.nextOffset).toBe(end)
        expect(committed.count).toBeGreaterThanOrEqual(committed.list.length)
        const uncommitted = await seen(payload, offset, 'read_uncommitted', mode)
        expect(uncommitted.list.map((record) => record.offset)).toEqual(everyOffset(log).filter(inRange))
        expect(uncommitted.nextOffset).toBe(end)

        const complete = Buffer.concat(encoded.slice(0, wholeBatches.length))
        const answer = (await decodeFetch(fetchResponse([{ bytes: complete, aborted: log.aborted }]))).responses[0]!
          .partitions[0]!
        if (offset === first && log.isComplete) {
          const batch = new Batch('orders', String(offset), answer)
          expect(committed.list.map((record) => String(record.offset))).toEqual(
            batch.messages.map((message) => message.offset),
          )
        }
        const byKafkajs = new Map(answer.messages.map((message) => [Number(message.offset), message]))
        for (const { offset, timestamp, key, value } of uncommitted.list) {
          const message = byKafkajs.get(offset)!
          expect({ timestamp, key, value }).toEqual({
            timestamp: Number(message.timestamp),
            key: message.key,
            value: message.value,
          })
        }
      }),
      { numRuns: 150 },
    )
  },
)
