import { setTimeout as sleep } from 'node:timers/promises'
import type { OffsetMap } from '../../kafka/offsets.ts'
import type { Changelog } from '../state/changelog.ts'
import type { Progress } from '../state/progress.ts'
import { agree, type SourcePartition } from './positions.ts'

/** Answers that differ, 50 ms apart, until they are believed. Answers, not time: of a coordinator that is silent meanwhile nothing is learned. */
const PATIENCE_ANSWERS = 40
const ASK_AGAIN_MS = 50

interface Settled {
  readonly committed: OffsetMap
  readonly progress: Progress | undefined
}

/**
 * Offsets and state that belong together: equal ones do. A record that is behind the offsets may wait for its commit marker, and offsets
 * that are behind the record for their coordinator: both are asked for again, the offsets first. What differs is believed after some
 * answers, of which none counts while a transaction in the changelog is undecided.
 */
export async function settle(
  {
    ask,
    changelog,
    sources,
    signal,
  }: {
    ask: () => Promise<OffsetMap>
    changelog: Changelog
    sources: readonly SourcePartition[]
    signal: AbortSignal
  },
  first: Settled,
): Promise<Settled> {
  let { committed, progress } = first
  for (let answers = 1; !agree(committed, progress, sources) && answers < PATIENCE_ANSWERS;) {
    await sleep(ASK_AGAIN_MS, undefined, { signal })
    committed = await ask()
    progress = await changelog.read()
    if (!changelog.undecided) answers++
  }
  return { committed, progress }
}
