export interface KsqlDifference {
  /** The side that has it, and the other has not. */
  readonly only: 'workers' | 'ksql'
  readonly event: string
}

/** Two collections of events that should be the same, in any order. */
export class Tally {
  readonly #balance = new Map<string, number>()
  workers = 0
  ksql = 0

  add(side: 'workers' | 'ksql', event: string): void {
    this[side]++
    const left = (this.#balance.get(event) ?? 0) + (side === 'workers' ? 1 : -1)
    if (left === 0) this.#balance.delete(event)
    else this.#balance.set(event, left)
  }

  count(side: 'workers' | 'ksql'): number {
    const sign = side === 'workers' ? 1 : -1
    return [...this.#balance.values()].reduce((sum, left) => sum + Math.max(0, left * sign), 0)
  }

  first(most: number): KsqlDifference[] {
    return [...this.#balance]
      .slice(0, most)
      .map(([event, left]) => ({ only: left > 0 ? ('workers' as const) : ('ksql' as const), event }))
  }
}

const STEP_MS = 10_000
const STEPS = 60
/** The SQL keeps no more failures of a user; a worker keeps all. */
const KEPT = 200
const TOO_MANY = 3

export interface FrequentFailure {
  readonly count: number
  readonly lastMs: number
}

/** What ksql/230 to 232 make of one user's failures, in their order. */
export function frequentFailures(timesMs: readonly number[]): FrequentFailure[] {
  const found: FrequentFailure[] = []
  const steps: number[] = []
  let newest = -Infinity
  let lastMs = -Infinity
  for (const timeMs of timesMs) {
    const step = Math.floor(timeMs / STEP_MS)
    steps.push(step)
    if (steps.length > KEPT) steps.shift()
    newest = Math.max(newest, step)
    lastMs = Math.max(lastMs, timeMs)
    const count = steps.filter((one) => one > newest - STEPS).length
    if (step > newest - STEPS && count > TOO_MANY) found.push({ count, lastMs })
  }
  return found
}

/** Of one user: failures and events, as each engine has them, in their order. */
interface UserFailures {
  readonly failures: { workers: number[]; ksql: number[] }
  readonly events: { workers: FrequentFailure[]; ksql: FrequentFailure[] }
}

/**
 * Frequent failures depend on the order in which failures come, which records with wrong keys may change. Where both engines met a user's
 * failures in the same order, their events are compared; elsewhere ksqlDB's are compared with those that its own order gives.
 */
export class FrequentFailures {
  readonly #users = new Map<number, UserFailures>()

  of(user: number): UserFailures {
    const known = this.#users.get(user)
    if (known) return known
    const fresh = { failures: { workers: [], ksql: [] }, events: { workers: [], ksql: [] } }
    this.#users.set(user, fresh)
    return fresh
  }

  /** @returns how many users' failures came in another order */
  into(tally: Tally): number {
    let reordered = 0
    for (const [user, { failures, events }] of this.#users) {
      const same = failures.workers.join() === failures.ksql.join()
      const expected = same ? events.workers : frequentFailures(failures.ksql)
      if (!same) reordered++
      for (const [side, list] of [
        ['workers', expected],
        ['ksql', events.ksql],
      ] as const)
        // prettier-ignore
        for (const { count, lastMs } of list)
          tally.add(side, JSON.stringify({ user_id: user, failed_payment_count: Math.min(count, KEPT), lastMs }))
    }
    return reordered
  }
}
