import { pause } from '../../pause.ts'
import { PayflowError, messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { OffsetMap } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { cancelReassignments, electPreferredLeaders, ongoingReassignments, startReassignment, type Reassignment } from '../../kafka/reassignment.ts' // prettier-ignore
import { ReplicaSizes, brokerDisks } from '../../kafka/replica-sizes.ts'
import { retrying } from '../../kafka/retry.ts'
import { findThrottle, removeThrottle, setThrottle, type ThrottleFound } from '../../kafka/throttle.ts'
import type { PlannedMove } from './plan.ts'

/** How far a reassignment is. */
export interface MoveProgress {
  readonly partitions: number
  readonly moved: number
  /** That were copied so far; null: the brokers do not tell. */
  readonly copiedBytes: number | null
  readonly bytesPerSecond: number | null
}

interface ReassignOptions {
  /** Bytes a second that each broker may copy; absent: no limit. */
  readonly throttle?: number | undefined
  /** Aborted: what has not moved yet stays where it was. */
  readonly signal: AbortSignal
  readonly report: (progress: MoveProgress) => void
}

const LOOK_MS = 500
/** A move of hours is not looked at twice a second. */
const SLOWEST_LOOK_MS = 3_000
const SETTLE_MS = 30_000
const keyOf = ({ topic, partition }: TopicPartition): string => OffsetMap.keyOf(topic, partition)

/** `up`: a broker that is away takes no limit, and copies nothing. */
const throttleOf = (moves: readonly PlannedMove[], up: ReadonlySet<number>): ThrottleFound => ({
  brokers: [...new Set(moves.flatMap(({ from, to }) => [...from, ...to]))].filter((id) => up.has(id)),
  topics: [...new Set(moves.map(({ topic }) => topic))],
})

/**
 * Has the cluster move partitions and follows that to its end; then the preferred replicas lead. The throttle is removed however this ends.
 * @throws PayflowError when a reassignment of one of them is under way, or the cluster refuses; the signal's reason when it was aborted
 */
export async function applyReassignment(
  client: Client,
  moves: readonly PlannedMove[],
  { throttle, signal, report }: ReassignOptions,
): Promise<void> {
  await refuseWhileMoving(client, moves, signal)
  const { brokers } = await client.shared.metadata([])
  const limits = throttleOf(moves, new Set(brokers.map(({ nodeId }) => nodeId)))
  await withoutThrottleAfter(client, throttle === undefined ? undefined : limits, async () => {
    if (throttle !== undefined) await throttleMoves(client, moves, limits.brokers, throttle)
    await startReassignment(client.shared, moves)
    await toTheEnd(client, moves, { signal, report })
  })
  await settle(client, moves)
}

async function throttleMoves(
  client: Client,
  moves: readonly PlannedMove[],
  brokers: readonly number[],
  bytesPerSecond: number,
): Promise<void> {
  const topics = new Map<string, { leaders: string[]; followers: string[] }>()
  for (const { topic, partition, from, adding } of moves) {
    const lists = topics.get(topic) ?? { leaders: [], followers: [] }
    lists.leaders.push(...from.map((id) => `${partition}:${id}`))
    lists.followers.push(...adding.map((id) => `${partition}:${id}`))
    topics.set(topic, lists)
  }
  await setThrottle(client, { brokers, bytesPerSecond, topics })
}

/** @throws PayflowError that says what is left of a throttle, and how to remove it, when that fails */
async function withoutThrottleAfter(
  client: Client,
  throttle: ThrottleFound | undefined,
  action: () => Promise<void>,
): Promise<void> {
  const failure = await action().then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  )
  if (throttle)
    await removeThrottle(client, throttle).catch((cause: unknown) => {
      const first = failure ? `${messageOf(failure.reason)}; besides, replication` : 'Replication'
      throw new PayflowError('THROTTLE_LEFT', `${first} of broker ${throttle.brokers.join(', ')} is still throttled: ${messageOf(cause)}`, {
          kind: 'failed',
          hint: 'once the brokers answer, `payflow topics reassign --watch` removes the limit',
          cause,
        }) // prettier-ignore
    })
  if (failure) throw failure.reason
}

/** Follows the reassignment of these partitions. When the signal is aborted, it ends what is still under way, and returns when that has ended. */
async function toTheEnd(
  client: Client,
  partitions: readonly (TopicPartition & { adding?: readonly number[] })[],
  { signal, report }: Pick<ReassignOptions, 'signal' | 'report'>,
): Promise<void> {
  const wanted = new Set(partitions.map(keyOf))
  const meter = new CopyMeter(client, partitions)
  for (let lookMs = LOOK_MS; ; lookMs = Math.min(lookMs * 1.2, SLOWEST_LOOK_MS)) {
    const left = (await ongoingReassignments(client.shared)).filter((at) => wanted.has(keyOf(at)))
    report({ partitions: wanted.size, moved: wanted.size - left.length, ...(await meter.read()) })
    if (left.length === 0) return
    if (signal.aborted) {
      await cancelAll(client, left)
      signal.throwIfAborted()
    }
    await pause(lookMs, signal)
  }
}

const LEAST_MEASURED_MS = 500

/** Bytes that the new replicas hold. */
class CopyMeter {
  readonly #client: Client
  readonly #copies: readonly { topic: string; partition: number; nodeId: number }[]
  /** What had been copied when it looked first: before that it measured nothing. */
  #first: { readonly atMs: number; readonly bytes: number } | undefined

  constructor(client: Client, partitions: readonly (TopicPartition & { adding?: readonly number[] })[]) {
    this.#client = client
    this.#copies = partitions.flatMap(({ topic, partition, adding = [] }) =>
      adding.map((nodeId) => ({ topic, partition, nodeId })),
    )
  }

  async read(): Promise<Pick<MoveProgress, 'copiedBytes' | 'bytesPerSecond'>> {
    const disks = await brokerDisks(this.#client)
    if (disks.length === 0) return { copiedBytes: null, bytesPerSecond: null }
    const sizes = new ReplicaSizes(disks)
    const copiedBytes = this.#copies.reduce((sum, { topic, partition, nodeId }) => sum + (sizes.of(topic, partition, nodeId) ?? 0), 0) // prettier-ignore
    const nowMs = performance.now()
    const { atMs, bytes } = (this.#first ??= { atMs: nowMs, bytes: copiedBytes })
    const isMeasured = nowMs - atMs >= LEAST_MEASURED_MS
    return { copiedBytes, bytesPerSecond: isMeasured ? ((copiedBytes - bytes) / (nowMs - atMs)) * 1000 : null }
  }
}

async function cancelAll(client: Client, partitions: readonly TopicPartition[]): Promise<void> {
  await cancelReassignments(client.shared, partitions)
  const cancelled = new Set(partitions.map(keyOf))
  const deadline = performance.now() + SETTLE_MS
  while ((await ongoingReassignments(client.shared)).some((at) => cancelled.has(keyOf(at)))) {
    if (performance.now() > deadline) return
    await pause(LOOK_MS, new AbortController().signal)
  }
}

/** All replicas are where they should be and in sync, and the preferred ones lead. @throws PayflowError where that does not come about */
async function settle(client: Client, moves: readonly PlannedMove[]): Promise<void> {
  const topics = [...new Set(moves.map(({ topic }) => topic))]
  const deadline = performance.now() + SETTLE_MS
  let asked = false
  for (;;) {
    const { topicMetadata } = await client.shared.metadata(topics)
    const found = new Map(topicMetadata.flatMap(({ topic, partitionMetadata }) => partitionMetadata.map((at) => [OffsetMap.keyOf(topic, at.partitionId), at]))) // prettier-ignore
    const misplaced = moves.filter((move) => found.get(keyOf(move))?.replicas.join() !== move.to.join())
    const unled = moves.filter((move) => found.get(keyOf(move))?.leader !== move.to[0])
    if (misplaced.length === 0 && unled.length === 0) return
    if (performance.now() > deadline) {
      const [first] = misplaced.length > 0 ? misplaced : unled
      const what = misplaced.length > 0 ? 'is not where it should be' : `is not led by broker ${first!.to[0]!}`
      throw new PayflowError('NOT_REASSIGNED', `${keyOf(first!)} ${what}`, { kind: 'failed', hint: `look at it with \`payflow topics describe ${first!.topic}\`` }) // prettier-ignore
    }
    if (misplaced.length === 0 && !asked) {
      await retrying(() => electPreferredLeaders(client.shared, unled), { timeoutMs: 10_000 })
      asked = true
    }
    await pause(LOOK_MS, new AbortController().signal)
  }
}

/** From a partition that nobody leads nothing can be copied: its move would never end. @throws PayflowError when one of these is to be moved */
export function refuseLeaderless(
  moves: readonly PlannedMove[],
  partitions: readonly (TopicPartition & { leader: number })[],
): void {
  const headless = new Set(partitions.filter(({ leader }) => leader < 0).map(keyOf))
  const first = moves.find((move) => headless.has(keyOf(move)))
  if (!first) return
  throw new PayflowError('NO_LEADER', `${keyOf(first)} has no leader: there is nothing to copy it from`, {
    kind: 'infra',
    hint: `start broker ${first.from.join(' or ')} again; see \`payflow topics describe ${first.topic}\``,
  })
}

/** While a partition moves, its replicas are neither those that it had nor those that it will have. @throws PayflowError when one of these does */
export async function refuseWhileMoving(
  client: Client,
  partitions: readonly TopicPartition[],
  signal: AbortSignal,
): Promise<void> {
  const meant = new Set(partitions.map(keyOf))
  const running = (await ongoingReassignments(client.shared, signal)).find((at) => meant.has(keyOf(at)))
  if (!running) return
  throw new PayflowError('REASSIGNMENT_RUNNING', `${keyOf(running)} is being moved already`, {
    kind: 'failed',
    hint: 'follow that to its end with `payflow topics reassign --watch`, or undo it with `payflow topics reassign --cancel`',
  })
}

/** Follows whatever reassignments are under way to their end, or undoes them; then no throttle is left. Returns how many partitions that were. */
export async function finishReassignments(
  client: Client,
  { cancel, signal, report }: { cancel: boolean } & Pick<ReassignOptions, 'signal' | 'report'>,
): Promise<{ partitions: number; throttle: ThrottleFound }> {
  const running: Reassignment[] = await ongoingReassignments(client.shared, signal)
  if (cancel) await cancelAll(client, running)
  else if (running.length > 0) await untilEnded(client, running, { signal, report })
  const throttle = await leftThrottle(client)
  await removeThrottle(client, throttle)
  return { partitions: running.length, throttle }
}

/** As `toTheEnd`, but who only watches undoes nothing. */
async function untilEnded(
  client: Client,
  running: readonly Reassignment[],
  { signal, report }: Pick<ReassignOptions, 'signal' | 'report'>,
): Promise<void> {
  const meter = new CopyMeter(client, running)
  for (let lookMs = LOOK_MS; ; lookMs = Math.min(lookMs * 1.2, SLOWEST_LOOK_MS)) {
    const left = await ongoingReassignments(client.shared, signal)
    report({ partitions: running.length, moved: running.length - left.length, ...(await meter.read()) })
    if (left.length === 0) return
    await pause(lookMs, signal)
    signal.throwIfAborted()
  }
}

export async function leftThrottle(client: Client): Promise<ThrottleFound> {
  const { topicMetadata } = await client.shared.metadata('all')
  return findThrottle(client, topicMetadata.map(({ topic }) => topic)) // prettier-ignore
}
