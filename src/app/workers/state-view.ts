import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import { readPartition } from '../../kafka/read.ts'
import { retrying } from '../../kafka/retry.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import { spelledAs } from '../../pipeline/worker/definition.ts'
import { PROGRESS_KEY } from '../../runtime/state/progress.ts'
import { LiveKeys } from './live-keys.ts'
import { hasDefinition, storedStateOf, type StateOwner, type StoredState } from './stored-state.ts'

/** What one key holds. */
export interface KeyView {
  /** As the worker's definition gives it. */
  readonly key: string
  /** Of which of several states; empty where there is only one. */
  readonly state: string
  readonly partition: number
  /** Of the record in the changelog. */
  readonly offset: number
  readonly writtenAt: string | null
  readonly value: unknown
  /** When its timer is due, in ms since 1970; null: never. */
  readonly due: number | null
}

interface PartitionView {
  readonly partition: number
  readonly keys: number
  /** Of keys and values, as the changelog has them. */
  readonly bytes: number
  /** The earliest time of a timer, in ms since 1970; null: there is none. */
  readonly oldestTimer: number | null
  /** Directories on this machine that hold it for a worker, and their bytes; none where it is in memory, or on another machine. */
  readonly onDisk: readonly { readonly path: string; readonly bytes: number }[]
}

export interface StateView {
  readonly worker: string
  readonly topic: string
  readonly keys: number
  readonly bytes: number
  readonly oldestTimer: number | null
  /** False for a custom worker that was named by its name: its timers follow from its definition, and are not known. */
  readonly timersKnown: boolean
  readonly partitions: readonly PartitionView[]
  /** Absent unless a key was asked for; several where several states have it. */
  readonly found?: readonly KeyView[]
}

/**
 * What a worker's state holds, read from its changelog: what is committed, without disturbing who works on it. Timers are those of the worker's options
 * as they are by default. @throws PayflowError for a worker that keeps none, or has not begun
 */
export async function viewState(
  client: Client,
  worker: StateOwner,
  { key, directory, signal }: { key: string | undefined; directory: string; signal: AbortSignal },
): Promise<StateView> {
  const topic = stateTopic(worker.name)
  if (hasDefinition(worker) && !worker.state)
    throw new PayflowError('NO_STATE', `${worker.name} keeps no state`, { kind: 'failed', hint: '`payflow worker list` shows the workers' }) // prettier-ignore
  const count = await client.shared.partitions(topic)
  if (count === 0)
    throw new PayflowError('NO_STATE', `${worker.name} has no state yet: there is no topic ${topic}`, { kind: 'failed', hint: `start it with \`payflow worker ${hasDefinition(worker) ? spelledAs(worker) : '<its file>'}\`` }) // prettier-ignore
  const stored = storedStateOf(worker)
  const partitions: PartitionView[] = []
  const found: KeyView[] = []
  for (let partition = 0; partition < count; partition++) {
    const live = new LiveKeys()
    try {
      await readState(client, { topic, partition, stored, live }, { key, found, signal })
      partitions.push({ partition, ...(await live.totals()), onDisk: storesOf(directory, worker.name, partition) })
    } finally {
      await live.close()
    }
  }
  const sum = (of: (view: PartitionView) => number): number => partitions.reduce((total, view) => total + of(view), 0)
  return {
    worker: worker.name,
    topic,
    keys: sum(({ keys }) => keys),
    bytes: sum(({ bytes }) => bytes),
    oldestTimer: oldestOf(partitions.map(({ oldestTimer }) => oldestTimer)),
    timersKnown: hasDefinition(worker),
    partitions,
    ...(key !== undefined && { found }),
  }
}

/** Tells `live` the size and timer of each key of one partition; what `key` holds is added to `found`. */
async function readState(
  client: Client,
  { topic, partition, stored: state, live }: { topic: string; partition: number; stored: StoredState; live: LiveKeys },
  { key: asked, found, signal }: { key: string | undefined; found: KeyView[]; signal: AbortSignal },
): Promise<void> {
  const at = [{ topic, partition }]
  const ask = (): Promise<(number | undefined)[]> =>
    Promise.all((['earliest', 'stable'] as const).map(async (end) => (await listOffsets(client.shared, at, end)).of(topic, partition))) // prettier-ignore
  const [from = 0, to = 0] = await retrying(ask, { timeoutMs: 30_000, signal })
  const matches = new Map<string, KeyView>()
  for await (const { records } of readPartition(client.shared, { topic, partition, from, to, signal })) {
    for (const cursor = records.cursor(); cursor.next();) {
      const stored = cursor.keyText() ?? ''
      const text = cursor.valueText()
      if (stored === PROGRESS_KEY) continue
      matches.delete(stored)
      if (text === null) {
        live.set(stored, null)
        continue
      }
      const { name, key } = state.keyOf(stored, text)
      const isAsked = asked !== undefined && (key === asked || stored === asked)
      const due = state.dueOf(stored, text)
      live.set(stored, { bytes: Buffer.byteLength(stored) + Buffer.byteLength(text), due })
      if (!isAsked) continue
      const writtenAt = cursor.timestamp < 0 ? null : new Date(cursor.timestamp).toISOString()
      matches.set(stored, { key, state: name, partition, offset: cursor.offset, writtenAt, value: JSON.parse(text) as unknown, due: due ?? null }) // prettier-ignore
    }
    await live.settle()
  }
  found.push(...matches.values())
}

const oldestOf = (times: readonly (number | null)[]): number | null =>
  times.reduce((oldest, time) => (time !== null && (oldest === null || time < oldest) ? time : oldest), null)

/** The directories of a partition's state on this machine (`runtime/state/state-keeper`). */
function storesOf(directory: string, worker: string, partition: number): { path: string; bytes: number }[] {
  const parent = join(directory, worker)
  return namesIn(parent)
    .filter((name) => name === String(partition) || name.startsWith(`${partition}.`))
    .map((name) => ({ path: join(parent, name), bytes: sizeOf(join(parent, name)) }))
}

const sizeOf = (path: string): number =>
  namesIn(path).reduce((sum, name) => sum + (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0), 0)

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    // there is none, or it may not be read: then nothing is known of it
    return []
  }
}
