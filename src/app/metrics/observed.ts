import type { Exposition } from './registry.ts'

/** How something is, for a probe. */
export interface Look {
  readonly ok: boolean
  /** What is not as it should be, a sentence each. */
  readonly problems: readonly string[]
}

/** What is shown of a process to those who watch it. */
export interface Observed {
  readonly metrics: Exposition
  readonly live: () => Look
  readonly ready: () => Look
}

export const lookOf = (problems: readonly string[]): Look => ({ ok: problems.length === 0, problems })
