import type { Watched } from '../watchdog.ts'

/** For the watchdog: an instance that is not given its partitions has work, once the others have had the time of a session to let it in. */
export class MembershipState implements Watched {
  readonly partition = undefined
  readonly #sessionTimeoutMs: number
  #joiningSince: number | undefined
  #beatAt: number | undefined
  /** It has been given partitions at least once, if only none. */
  assigned = false
  progressAt = 0

  constructor(sessionTimeoutMs: number) {
    this.#sessionTimeoutMs = sessionTimeoutMs
  }

  get hasWork(): boolean {
    return this.#joiningSince !== undefined && performance.now() - this.#joiningSince > this.#sessionTimeoutMs
  }

  /** It waits to be let into its group. */
  get joining(): boolean {
    return this.#joiningSince !== undefined
  }

  /** ms since it last spoke to its group's coordinator, or tried to; undefined before the first time. */
  get beatAgeMs(): number | undefined {
    return this.#beatAt === undefined ? undefined : performance.now() - this.#beatAt
  }

  beat(): void {
    this.#beatAt = performance.now()
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
