import type { Doubt, StoredPlace } from './task-state.ts'

/** Raised when what is kept on disk changes its form. */
export const LAYOUT = 1

/** Of what a store on disk is a copy. */
export interface Identity {
  readonly layout: number
  readonly clusterId: string
  /** Undefined where the broker gives topics no ids (before 2.8): such a store is never gone on with. */
  readonly topicId: string | undefined
  readonly worker: string
  readonly partition: number
  readonly partitions: number
}

/** How much of the time for which tombstones are kept may have passed: the rest is for reading on. */
const PART_OF_TOMBSTONES = 0.75
/** Clocks are set right, by that much at most. */
const CLOCK_MS = 60_000

/** Why a store is not one of this state, if it is not. */
export function identityDoubt(stored: Identity, now: Identity): Doubt | undefined {
  if (stored.layout !== now.layout) return 'another-layout'
  if (stored.clusterId !== now.clusterId) return 'another-cluster'
  if (stored.worker !== now.worker || stored.partition !== now.partition || stored.partitions !== now.partitions)
    return 'another-worker'
  if (now.topicId === undefined) return 'unknown-topic'
  return stored.topicId === now.topicId ? undefined : 'another-topic'
}

/**
 * Why the changelog cannot be read on from there, if it cannot. `latest`: the changelog's end. What was deleted after the store's last moment has a
 * tombstone in the changelog, and that for `tombstonesMs` only: read later, the key would come back.
 */
export function placeDoubt(
  { position, completeAtMs, tombstonesMs }: StoredPlace,
  { latest, nowMs }: { latest: number; nowMs: number },
): Doubt | undefined {
  if (position > latest) return 'ahead-of-changelog'
  // nothing but the marker of the transaction that it ends with: there is nothing to miss
  if (latest - position <= 1) return undefined
  if (tombstonesMs === undefined) return 'unknown-retention'
  const ageMs = nowMs - completeAtMs
  return ageMs > tombstonesMs * PART_OF_TOMBSTONES || ageMs < -CLOCK_MS ? 'too-old' : undefined
}
