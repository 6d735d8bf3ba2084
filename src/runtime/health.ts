import type { MembershipState } from './group/membership-state.ts'
import { taskPhases, type TaskPhase } from './task/life.ts'
import { z } from 'zod'

/** How an instance of a worker is, as far as its process knows. */
export const runnerHealthSchema = z.object({
  worker: z.string(),
  /** ms since it last spoke to its group's coordinator, or tried to; absent before the first time. */
  beatAgeMs: z.number().optional(),
  /** It waits to be let into its group. */
  joining: z.boolean(),
  /** It has been given its partitions, possibly none. */
  assigned: z.boolean(),
  tasks: z.array(z.object({ partition: z.number(), phase: z.enum(taskPhases) })).readonly(),
})
export type RunnerHealth = Readonly<z.infer<typeof runnerHealthSchema>>

export function healthOf(
  worker: string,
  { beatAgeMs, joining, assigned }: MembershipState,
  tasks: readonly { readonly partition: number; readonly phase: TaskPhase }[],
): RunnerHealth {
  return {
    worker,
    ...(beatAgeMs !== undefined && { beatAgeMs }),
    joining,
    assigned,
    tasks: tasks.map(({ partition, phase }) => ({ partition, phase })),
  }
}

/** A join waits for the other members, as long as a rebalance may take, and its request a while longer. */
const JOIN_GRACE_MS = 10_000

/** Whether it still speaks to its group in time. One that has not begun to is looking at the cluster. */
export const isLive = ({ beatAgeMs = 0, joining }: RunnerHealth, sessionTimeoutMs: number): boolean =>
  beatAgeMs <= (joining ? 2 * sessionTimeoutMs + JOIN_GRACE_MS : sessionTimeoutMs)

/** Whether it has been given its partitions, and processes every one of them. None is fine: others have them all. */
export const isReady = ({ assigned, tasks }: RunnerHealth): boolean =>
  assigned && tasks.every(({ phase }) => phase === 'running')
