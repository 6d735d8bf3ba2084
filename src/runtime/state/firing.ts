import type { Connection } from '../../kafka/connection.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { lastProgress } from './last-progress.ts'

/**
 * Partitions in which timers that are due have still to fire, as far as can be read, and when each was committed last (ms since 1970). Offsets
 * do not tell: timers move none.
 */
export async function firingIn(
  connection: Connection,
  { name, onTime }: AnyWorker,
  partitions: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, number>> {
  const found = new Map<number, number>()
  if (!onTime) return found
  for (const partition of partitions) {
    const mark = (await lastProgress(connection, name, partition, signal)).at(-1)
    if (mark?.progress.firing) found.set(partition, mark.atMs)
  }
  return found
}
