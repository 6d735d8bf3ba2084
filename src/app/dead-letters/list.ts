import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { readMerged, type LogRecord, type LogSpan } from '../../kafka/merged-read.ts'
import type { Connection } from '../../kafka/connection.ts'
import { OffsetMap, listOffsets } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { topicNames } from '../../kafka/topics.ts'
import { DEAD_LETTERS } from '../../pipeline/events/topics.ts'
import { deadLetterOf, matches, reasonKind, resetIn, type DeadLetter, type LetterFilter } from './dead-letter.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

/** First offset of each partition, and where a read-committed reader ends. */
async function boundsOf(connection: Connection, partitions: readonly TopicPartition[]) {
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, partitions, 'earliest'), listOffsets(connection, partitions, 'stable')]),
    { timeoutMs: 8_000 },
  )
  return { starts, ends }
}

/** All that a topic holds by now, committed records only, in about the order in which they came. */
export async function* readWhole(client: Client, topic: string, signal?: AbortSignal): AsyncGenerator<LogRecord> {
  if (!(await topicNames(client)).includes(topic)) return
  const connection = client.shared
  const count = await connection.partitions(topic)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  const { starts, ends } = await boundsOf(connection, partitions)
  const spans = partitions.map(({ partition }): LogSpan => {
    const from = starts.of(topic, partition) ?? 0
    return { topic, partition, from, to: ends.of(topic, partition) ?? from }
  })
  yield* readMerged(connection, spans, signal ? { signal } : {})
}

/** The dead letters that there are by now, oldest first, without those that a `worker reset` has made void: that worker will judge the records again. */
export async function* deadLetters(
  client: Client,
  filter: LetterFilter = {},
  signal?: AbortSignal,
): AsyncGenerator<DeadLetter> {
  const resets = new OffsetMap()
  for await (const record of readWhole(client, DEAD_LETTERS, signal)) {
    const worker = resetIn(record)
    if (worker !== undefined) resets.set(OffsetMap.keyOf(worker, record.partition), record.offset)
  }
  for await (const record of readWhole(client, DEAD_LETTERS, signal)) {
    const letter = deadLetterOf(record)
    if (letter && record.offset > (resets.of(letter.worker, record.partition) ?? -1) && matches(letter, filter))
      yield letter
  }
}

/** Counts of reasons, without the values they quote. */
export class ReasonCounts {
  readonly #counts = new Map<string, { worker: string; reason: string; count: number }>()

  add({ worker, reason }: DeadLetter): void {
    const kind = reasonKind(reason)
    const key = `${worker} ${kind}`
    const entry = this.#counts.get(key) ?? { worker, reason: kind, count: 0 }
    entry.count++
    this.#counts.set(key, entry)
  }

  /** Most frequent first. */
  list(): { worker: string; reason: string; count: number }[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
  }
}

/** @throws PayflowError (usage) unless `id` is `<partition>:<offset>` */
export function parseLetterId(id: string): { partition: number; offset: number } {
  const [, partition, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(id) ?? []
  if (partition === undefined || offset === undefined)
    throw new PayflowError('ID_INVALID', `"${id}" names no dead letter`, {
      kind: 'usage',
      hint: 'write it as <partition>:<offset>, the way `payflow dead-letters list` prints it: 0:17',
    })
  return { partition: Number(partition), offset: Number(offset) }
}

/** @throws PayflowError when there is no such dead letter */
export async function findDeadLetter(client: Client, id: string): Promise<DeadLetter> {
  const { partition, offset } = parseLetterId(id)
  const at = { topic: DEAD_LETTERS, partition }
  const exists = (await topicNames(client)).includes(DEAD_LETTERS)
  const connection = client.shared
  if (exists && partition < (await connection.partitions(DEAD_LETTERS))) {
    const { starts, ends } = await boundsOf(connection, [at])
    const inside = offset >= (starts.of(at.topic, partition) ?? 0) && offset < (ends.of(at.topic, partition) ?? 0)
    if (inside)
      for await (const record of readMerged(connection, [{ ...at, from: offset, to: offset + 1 }])) {
        const letter = deadLetterOf(record)
        if (letter) return letter
      }
  }
  throw new PayflowError('LETTER_NOT_FOUND', `There is no dead letter ${id}`, {
    kind: 'failed',
    hint: 'list them with `payflow dead-letters list`',
  })
}
