import type { Client } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { OffsetMap } from '../../kafka/offsets.ts'
import type { TopicLimits } from '../../kafka/topic-limits.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { failpoint } from '../failpoint.ts'
import { Changelog } from '../state/changelog.ts'
import { recordedOffset } from '../state/progress.ts'
import { refuseMisplaced } from '../state/misplaced.ts'
import type { StateKeeper } from '../state/state-keeper.ts'
import type { TaskState } from '../state/task-state.ts'
import type { WorkerTracing } from '../tracing.ts'
import type { Committer } from '../transaction/committer.ts'
import type { TaskPhase } from './life.ts'
import {
  settledOffsets,
  sourcesOf,
  startingPositions,
  type SourcePartition,
  type StartingPosition,
} from './positions.ts'
import { Processor, type OutputPartitions } from './processor.ts'
import { settle } from './settle.ts'

export interface EpochOptions {
  readonly client: Client
  /** For restoring and asking offsets; shared by the worker's tasks. */
  readonly connection: Connection
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly partition: number
  readonly partitions: OutputPartitions
  readonly committer: Committer
  /** False from the moment on in which the group may have given the partition to another instance. */
  readonly isOwned: () => boolean
  readonly limits: TopicLimits
  /** Keys whose state has turned out to be more than a changelog record may hold. Outlives the epoch. */
  readonly largeStates: Set<string>
  /** Opens its state. Outlives the epoch. */
  readonly states: StateKeeper
  /** Called when an input has something new: records, or a failure that `fill` throws. */
  readonly onInput: () => void
  /** `done` of `total` offsets of the changelog are read. */
  readonly onRestore: (done: number, total: number) => void
  /** Going through a state that is restored, it has got on. */
  readonly onPass: () => void
  /** Told what the group's coordinator is asked again. */
  readonly onRetry?: (error: unknown) => void
  /** Absent: nothing is traced. */
  readonly tracing?: WorkerTracing | undefined
}

/** What the last committed progress record says of the inputs, and the next one will. */
export interface EpochProgress {
  offsets: OffsetMap
  readonly topicIds: Record<string, string>
}

/** What an epoch begins with. */
export interface Restored {
  readonly processor: Processor
  readonly sources: readonly SourcePartition[]
  readonly positions: readonly StartingPosition[]
  readonly progress: EpochProgress
}

/** The group's offsets, and only then the state, up to where it is decided; and where that leads to. `enter` is called with each phase as it begins. */
export async function restore(
  options: EpochOptions,
  state: TaskState,
  enter: (phase: TaskPhase) => void,
  signal: AbortSignal,
): Promise<Restored> {
  const { connection, worker, partition, partitions, limits, largeStates, onRetry } = options
  const sources = sourcesOf(worker, partition)
  const question = { worker, sources, signal, committer: options.committer, onRetry }
  const changelog = new Changelog(connection, { worker, partition, state, signal, onProgress: options.onRestore })
  enter('seeking')
  const committed = await settledOffsets(connection, question)
  enter('restoring')
  const progress = await changelog.read()
  failpoint('after-restore')
  const ask = (): Promise<OffsetMap> => settledOffsets(connection, question)
  const settled = await settle({ ask, changelog, sources, signal }, { committed, progress })
  const onPortion = (): void => {
    signal.throwIfAborted()
    options.onPass()
  }
  await state.restoredWhole(onPortion)
  await refuseMisplaced(worker, state, { partition, partitions: partitions.input, onPortion })
  const positions = await startingPositions(connection, question, settled)
  const eventTime = settled.progress?.eventTime ?? -Infinity
  const isFiring = settled.progress?.firing ?? false
  const setup = { worker, options: options.options, partition, partitions, state, eventTime, isFiring, limits, codec: connection.codec, largeStates } // prettier-ignore
  const processor = options.tracing?.processor(setup) ?? new Processor(setup)
  const known: EpochProgress = { offsets: new OffsetMap(), topicIds: {} }
  for (const { topic, from, topicId } of positions) {
    if (topicId !== undefined) known.topicIds[topic] = topicId
    if (recordedOffset(settled.progress, { topic, partition }) !== undefined)
      known.offsets.set(OffsetMap.keyOf(topic, partition), from)
  }
  return { processor, sources, positions, progress: known }
}
