import type { Connection } from '../../kafka/connection.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import { readPartition } from '../../kafka/read.ts'
import { retrying } from '../../kafka/retry.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import { PROGRESS_KEY, type Progress } from './progress.ts'

/** A progress record, and when it was written, in ms since 1970 by the clock of the worker's machine. */
export interface ProgressMark {
  readonly atMs: number
  readonly progress: Progress
}

const patience = { timeoutMs: 30_000 }
/** How far from the end a progress record is looked for: each transaction ends with one. */
const looks = [2_000, 200_000, Infinity]

/** The newest progress records in one partition of a worker's changelog, oldest first: the last says where the task is. None for a new worker. */
export async function lastProgress(
  connection: Connection,
  worker: string,
  partition: number,
  signal: AbortSignal,
): Promise<ProgressMark[]> {
  const topic = stateTopic(worker)
  const at = [{ topic, partition }]
  if ((await connection.partitions(topic)) <= partition) return []
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, at, 'earliest'), listOffsets(connection, at, 'stable')]),
    { ...patience, signal },
  )
  const [start, to] = [starts.of(topic, partition) ?? 0, ends.of(topic, partition) ?? 0]
  for (const distance of looks) {
    const from = Math.max(start, to - distance)
    const marks: ProgressMark[] = []
    for await (const { records } of readPartition(connection, { topic, partition, from, to, signal }))
      for (const cursor = records.cursor(); cursor.next();) {
        const text = cursor.keyText() === PROGRESS_KEY ? cursor.valueText() : null
        if (text !== null) marks.push({ atMs: cursor.timestamp, progress: JSON.parse(text) as Progress })
      }
    if (marks.length > 0 || from === start) return marks
  }
  return []
}
