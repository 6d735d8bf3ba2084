import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { codeOf } from '../kafka/errors.ts'
import { troubleSchema } from '../kafka/trouble.ts'
import { refusalKinds } from '../pipeline/worker/refusals.ts'
import { doubts } from './state/task-state.ts'
import { taskPhases } from './task/life.ts'

/** Raised when an event changes its shape in a way that an older reader would misread. New kinds and new fields do not. */
export const EVENTS_VERSION = 1

const causeSchema = z.object({
  /** The Kafka protocol's code, or that of a PayflowError. */
  code: z.union([z.number(), z.string()]).optional(),
  error: z.string(),
})
/** An error, as it stands in an event. */
export type Cause = Readonly<z.infer<typeof causeSchema>>

/** How a transaction ended. `unknown`: the answer to its commit did not come, so that it may have been carried out. */
export const transactionResults = ['committed', 'aborted', 'fenced', 'unknown'] as const
export type TransactionResult = (typeof transactionResults)[number]

/**
 * Why a task begins again. `undone`: nothing of its own, but another partition of its transaction, or a rebalance; `connection`: an answer
 * did not come; `broker`: an answer was an error.
 */
export const restartReasons = ['fenced', 'undone', 'connection', 'broker'] as const
export type RestartReason = (typeof restartReasons)[number]
const restartReason = z.enum(restartReasons)

const worker = z.string()
/** Counts the starts of a task, from 1. */
const epoch = z.int().positive()
const partition = z.int().nonnegative()
const task = { worker, partition }
const place = { worker, topic: z.string(), partition }
const seconds = z.number()
const transaction = z.object({
  producerId: z.string(),
  transactionalId: z.string().optional(),
  /** ms since 1970. */
  since: z.number().optional(),
  timeoutMs: z.number().optional(),
})

/** What happens in the runtime, as values: none is a sentence. Per transaction at most, never per record. */
export const workerEventSchema = z.discriminatedUnion('kind', [
  /** The group has given this instance these partitions, possibly none. */
  z.object({
    kind: z.literal('assigned'),
    worker,
    partitions: z.array(partition),
    generation: z.number(),
    /** How long it took to join. */
    ms: z.number().optional(),
  }),
  /** It has lost its place in the group, and joins again. */
  z.object({ kind: z.literal('rejoined'), worker, cause: causeSchema }),
  z.object({
    kind: z.literal('phase'),
    ...task,
    epoch: epoch.optional(),
    from: z.enum(taskPhases),
    to: z.enum(taskPhases),
    cause: causeSchema.optional(),
  }),
  /** `done` of `total` offsets of the changelog are read. */
  z.object({ kind: z.literal('restoring'), ...task, done: z.number(), total: z.number() }),
  z.object({ kind: z.literal('restored'), ...task, ms: z.number() }),
  /** A state was opened that is kept on disk; `keys`: that it has already. */
  z.object({ kind: z.literal('state-opened'), ...task, where: z.literal('disk'), path: z.string(), keys: z.number() }),
  /** It has become too large for memory: the task begins again with it on disk. */
  z.object({ kind: z.literal('state-moved'), ...task, keys: z.number(), bytes: z.number() }),
  /** What was kept on disk is not gone on with: it is read from the changelog again. */
  z.object({ kind: z.literal('state-rebuilt'), ...task, reason: z.enum(doubts) }),
  /** What one task had in a transaction. */
  z.object({
    kind: z.literal('committed'),
    ...task,
    epoch: epoch.optional(),
    processed: z.number(),
    emitted: z.number(),
    deadLetters: z.number(),
    strays: z.number(),
    late: z.number().optional(),
    tally: z.object({ revenueCents: z.number(), orders: z.record(z.string(), z.number()) }).optional(),
    /** Input topic → records. */
    consumed: z.record(z.string(), z.number()).optional(),
    /** From when it was ready to be committed until it was. */
    ms: z.number().optional(),
    /** How long its records took to process. */
    processMs: z.number().optional(),
    /** How old its first record was when it was committed. */
    ageMs: z.number().optional(),
    /** `bytes`, about: keys by the average size of those that were written or restored. */
    state: z.object({ store: z.enum(['memory', 'disk']), keys: z.number(), bytes: z.number() }).optional(),
  }),
  /** One transaction of a worker in this process; it covers what one or several tasks had ready. */
  z.object({
    kind: z.literal('transaction'),
    worker,
    result: z.enum(transactionResults),
    partitions: z.array(partition),
    /** Records that tasks have read. */
    records: z.number(),
    ms: z.number(),
  }),
  z.object({
    kind: z.literal('aborted'),
    ...task,
    epoch: epoch.optional(),
    reason: restartReason.optional(),
    cause: causeSchema,
  }),
  /** Another owner has taken the transactional id over. */
  z.object({ kind: z.literal('fenced'), ...task, epoch: epoch.optional(), cause: causeSchema }),
  /** Records of one transaction that became dead letters, in all and by why. */
  z.object({
    kind: z.literal('dead-letter'),
    ...task,
    records: z.number(),
    reasons: z.partialRecord(z.enum(refusalKinds), z.number()).optional(),
  }),
  /** Records of one transaction that went to another partition's inbox. */
  z.object({ kind: z.literal('stray'), ...task, records: z.number() }),
  z.object({ kind: z.literal('fetch-failed'), worker, cause: causeSchema }),
  z.object({ kind: z.literal('connection-lost'), worker, broker: z.string().optional(), cause: causeSchema }),
  /** The same goes wrong again and again, and nothing gets on. Without a partition: the membership, or what the worker needs to begin. */
  z.object({ kind: z.literal('trouble'), worker, partition: partition.optional(), seconds, trouble: troubleSchema }),
  z.object({ kind: z.literal('trouble-over'), worker, partition: partition.optional(), seconds }),
  /** It has work and has made no progress. Without a partition: it is waiting to be assigned some. */
  z.object({
    kind: z.literal('stalled'),
    worker,
    partition: partition.optional(),
    seconds,
    trouble: troubleSchema.optional(),
  }),
  /** Records wait behind somebody's open transaction; `transaction` is absent where the brokers do not tell. */
  z.object({ kind: z.literal('waiting'), ...place, records: z.number(), seconds, transaction: transaction.optional() }),
  z.object({ kind: z.literal('waiting-over'), ...place, seconds }),
  /** Nothing is left to read. */
  z.object({ kind: z.literal('caught-up'), worker }),
  /** Something that a user should know and that stops nothing. */
  z.object({
    kind: z.literal('warning'),
    worker: worker.optional(),
    code: z.string(),
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
])
export type WorkerEvent = Readonly<z.infer<typeof workerEventSchema>>

export type EventSink = (event: WorkerEvent) => void

type Warning = Extract<WorkerEvent, { kind: 'warning' }>

/**
 * Tells of each warning whether it is new. Those with a hint are about the cluster, the same for every worker; the others
 * are about one worker.
 */
export function warningsOnce(): (event: Warning) => boolean {
  const told = new Set<string>()
  return ({ worker, code, fields }) => {
    const text = JSON.stringify([code, fields, 'hint' in fields ? undefined : worker])
    const isNew = !told.has(text)
    told.add(text)
    return isNew
  }
}

/** Those that come with every transaction: they stay in the process that they happen in. */
export const isFrequent = ({ kind }: WorkerEvent): boolean =>
  kind === 'committed' || kind === 'transaction' || kind === 'dead-letter' || kind === 'stray'

export function causeOf(error: unknown): Cause {
  const own = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const code = codeOf(error) ?? own
  return { error: messageOf(error), ...(code !== undefined && { code }) }
}
