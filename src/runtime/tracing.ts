import type { RecordCodec } from '../kafka/codec.ts'
import type { OutputBuffers } from '../kafka/output-buffers.ts'
import type { TopicLimits } from '../kafka/topic-limits.ts'
import type { Processor, ProcessorOptions } from './task/processor.ts'
import type { EventSink } from './events.ts'
import type { CommitterOptions } from './transaction/committer.ts'
import type { EndedTransaction } from './transaction/ended.ts'

/** Follows records through workers. Where nobody asked for that, there is none, and records pass no code of it. */
export interface WorkerTracing {
  /** What a task processes its records with: adds to outputs whose trace they belong to. */
  readonly processor: (setup: ProcessorOptions) => Processor
  /** A transaction has ended; `buffers`: what its parts wrote, by a processor of the above. */
  readonly transaction: (worker: string, buffers: readonly OutputBuffers[], ended: TracedTransaction) => void
}

export interface TracedTransaction extends EndedTransaction {
  /** Why it was not committed. */
  readonly error: unknown
}

/** As `WorkerTracing`, for what `payflow produce` writes. */
export interface ProducerTracing {
  /** What records of one topic are collected in: adds to each the trace that begins with it. */
  readonly buffers: (topic: string, limits: TopicLimits, codec: RecordCodec) => OutputBuffers
  /** Its records are about to be sent. Returns what is to be told how that ended. */
  readonly sending: (buffers: OutputBuffers) => (error: unknown) => void
}

/** What a worker's committer tells each transaction to that has ended. */
export const tellTransactions =
  (
    worker: string,
    { onEvent, tracing }: { onEvent: EventSink; tracing?: WorkerTracing | undefined },
  ): NonNullable<CommitterOptions['onTransaction']> =>
  (ended, parts, error) => {
    onEvent({ kind: 'transaction', worker, ...ended })
    tracing?.transaction(worker, parts.map(({ buffers }) => buffers), { ...ended, error }) // prettier-ignore
  }
