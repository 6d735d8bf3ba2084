import { decodeRecord } from '../../pipeline/codec/decode.ts'
import { inboxTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { orRefusal, RecordKey } from '../../pipeline/worker/keyed-record.ts'
import { liesByRecordKey } from '../../pipeline/worker/null-values.ts'
import { placesOf } from '../../pipeline/worker/placement.ts'
import { cutIn, originIdOf, textOf, type DeadLetter } from './dead-letter.ts'
import { partitionOf } from '../../kafka/partitioner.ts'

/** After this many replays that ended as a dead letter again, another one will not help. */
const MAX_REPLAYS = 3

/** What planning needs to know of a dead letter: the bytes stay where they are. */
export interface ReplayCandidate {
  readonly id: string
  readonly worker: string
  readonly originId: string
  readonly originPartition: number
  readonly reason: string
  /** How often it had been replayed when it was refused. */
  readonly replays: number
  /** What decides where it is processed, as far as that can be known here; otherwise the worker hands it on. */
  readonly placeText: string | undefined
  /** The topic that it came from is an input of the worker, as far as that is known. */
  readonly isInput: boolean
  /** What is missing of it, because it was too large to be kept whole. */
  readonly cut?: string | undefined
}

export interface Replay {
  readonly id: string
  readonly worker: string
  readonly inbox: string
  /** The new key; null keeps the record's own. */
  readonly key: string | null
  readonly partition: number
  /** This one included. */
  readonly replays: number
}

export interface ReplayPlan {
  readonly replays: readonly Replay[]
  readonly skipped: readonly { readonly id: string; readonly worker: string; readonly why: string }[]
}

export function candidateOf(letter: DeadLetter, workers: readonly AnyWorker[]): ReplayCandidate {
  const { id, worker, reason, origin } = letter
  const definition = workers.find(({ name }) => name === worker)
  const alias = definition && Object.keys(definition.inputs).find((name) => definition.inputs[name]!.name === origin.topic) // prettier-ignore
  return {
    ...{ id, worker, reason, replays: origin.replays, originPartition: origin.partition },
    originId: originIdOf(worker, origin),
    placeText: placeTextOf(letter, definition, alias),
    isInput: definition === undefined || alias !== undefined,
    cut: cutIn(letter.record),
  }
}

/** As the worker's definition says, where it is known and takes the record; else its user, which most records lie by. */
function placeTextOf(
  { record: { value }, origin }: DeadLetter,
  worker: AnyWorker | undefined,
  alias: string | undefined,
): string | undefined {
  const placeOf = worker && alias !== undefined ? placesOf(worker)[alias] : undefined
  if (!placeOf) return userIn(value)
  const isNull = value === null && liesByRecordKey(worker!, alias!)
  const decoded = isNull ? { event: null } : decodeRecord(worker!.inputs[alias!]!, value)
  if (!('event' in decoded)) return userIn(value)
  const text = orRefusal(() => placeOf(decoded.event, new RecordKey(() => origin.key)))
  return 'value' in text ? text.value : undefined
}

function userIn(value: Buffer | null): string | undefined {
  const text = textOf(value)
  if (text === undefined) return undefined
  try {
    const { user_id: user } = (JSON.parse(text) ?? {}) as { user_id?: unknown }
    return Number.isSafeInteger(user) && (user as number) >= 1 ? String(user) : undefined
  } catch {
    return undefined
  }
}

export interface ReplayState {
  /** The newest dead letter of each record that is meant. */
  readonly candidates: readonly ReplayCandidate[]
  /** Ids that were asked for although a newer dead letter of the same record exists: id → the newer one. */
  readonly superseded: ReadonlyMap<string, ReplayCandidate>
  /** Record → the highest count of replays that the inbox holds of it. */
  readonly handedOver: ReadonlyMap<string, number>
  /** Partitions of each inbox; absent when there is none. */
  readonly inboxPartitions: ReadonlyMap<string, number>
}

/** Which dead letters go where. With `force` a record is handed over again although it was already, or too often. */
export function planReplay(state: ReplayState, { force = false }: { force?: boolean } = {}): ReplayPlan {
  const replays: Replay[] = []
  const skipped: { id: string; worker: string; why: string }[] = []
  for (const [id, newest] of state.superseded)
    skipped.push({ id, worker: newest.worker, why: `the record was refused again later, as ${newest.id}` })
  for (const candidate of state.candidates) {
    const { id, worker } = candidate
    const inbox = inboxTopic(worker)
    const partitions = state.inboxPartitions.get(inbox)
    const handed = state.handedOver.get(candidate.originId) ?? 0
    const never =
      candidate.cut === undefined
        ? undefined
        : `it was too large to be kept whole (${candidate.cut}); the record itself may still be where it came from`
    const why =
      partitions === undefined
        ? `there is no topic ${inbox}`
        : (never ?? (force ? undefined : refusal(candidate, handed)))
    if (partitions === undefined || why !== undefined) {
      skipped.push({ id, worker, why: why ?? '' })
      continue
    }
    const { originPartition } = candidate
    const key = candidate.placeText ?? null
    const partition = key === null ? originPartition % partitions : partitionOf(key, partitions)
    replays.push({ id, worker, inbox, key, partition, replays: Math.max(candidate.replays, handed) + 1 })
  }
  return { replays, skipped }
}

function refusal({ worker, replays, isInput }: ReplayCandidate, handed: number): string | undefined {
  if (!isInput) return `its topic is not an input of ${worker}`
  if (handed > replays) return 'it was replayed already, and not refused again since'
  if (replays >= MAX_REPLAYS) return `it was replayed ${replays} times and refused each time`
  return undefined
}
