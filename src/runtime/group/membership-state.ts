import type { Watched } from '../watchdog.ts'

/** For the watchdog: an instance that is not given its partitions has work, once the others have had the time of a session to let it in. */
export class MembershipState implements Watched {
  readonly partition = undefined
  readonly #sessionTimeoutMs: number
  #joiningSince: number | undefined
  /** It has been given partitions at least once, if only none. */
  assigned = false
  progressAt = 0

  constructor(sessionTimeoutMs: number) {
    this.#sessionTimeoutMs = sessionTimeoutMs
  }

  get hasWork(): boolean {
    return this.#joiningSince !== undefined && performance.now() - this.#joiningSince > this.#sessionTimeoutMs
  }

  begin(): void {
    this.#joiningSince ??= performance.now()
  }

  /** The coordinator takes it for a member. */
  answered(): void {
    this.#joiningSince = undefined
    this.progressAt++
  }
}
