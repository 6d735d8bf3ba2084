import fc from 'fast-check'
import { asBytes, record, type PlainRecord } from './arbitrary-records.ts'
import { marker, type LogBatch } from './broker-log.ts'
import type { PlainMessage } from './kafkajs-internals.ts'

export interface Log {
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
      records: fc.array(record, { minLength: 1, maxLength: 6 }),
      lost: fc.oneof(
        { weight: 2, arbitrary: fc.constant(new Set<number>()) },
        { weight: 1, arbitrary: fc.array(fc.nat(5)).map((list) => new Set(list)) },
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

const plain = ({ key, value }: PlainRecord): PlainMessage => ({ key: asBytes(key), value: asBytes(value) })
export const log = fc
  .tuple(fc.array(step, { maxLength: 10 }), fc.constantFrom(0, 63, 5_000_000_000))
  .map(([steps, first]) => logOf(steps, first))
