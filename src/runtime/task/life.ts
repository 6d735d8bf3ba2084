/**
 * A task's life. `fencing` waits until no earlier owner can commit any more, `seeking` asks for the group's offsets, `restoring` reads the
 * changelog until it agrees with them, `running` processes; `aborting` follows any error in a transaction and leads back to a new epoch.
 */
export const taskPhases = [
  'created',
  'fencing',
  'seeking',
  'restoring',
  'running',
  'aborting',
  'revoked',
  'failed',
] as const
export type TaskPhase = (typeof taskPhases)[number]

const legal: Readonly<Record<TaskPhase, readonly TaskPhase[]>> = {
  created: ['fencing', 'revoked'],
  fencing: ['seeking', 'aborting', 'revoked', 'failed'],
  seeking: ['restoring', 'aborting', 'revoked', 'failed'],
  restoring: ['running', 'aborting', 'revoked', 'failed'],
  running: ['aborting', 'revoked', 'failed'],
  aborting: ['fencing', 'revoked', 'failed'],
  revoked: [],
  failed: [],
}

export class TaskLifecycle {
  readonly #name: string
  readonly #onChange: (from: TaskPhase, to: TaskPhase, cause: unknown) => void
  #phase: TaskPhase = 'created'

  constructor(name: string, onChange: (from: TaskPhase, to: TaskPhase, cause: unknown) => void) {
    this.#name = name
    this.#onChange = onChange
  }

  get phase(): TaskPhase {
    return this.#phase
  }

  /** `cause`: the error that leads there. @throws Error at a move that the table does not have: a bug. */
  enter(next: TaskPhase, cause?: unknown): void {
    const from = this.#phase
    if (!legal[from].includes(next)) throw new Error(`task ${this.#name}: ${from} → ${next} is not a legal move`)
    this.#phase = next
    this.#onChange(from, next, cause)
  }
}
