/** Steps of the protocol at which a test may end the process, stop it, or raise an error (docs/internals/task.md). */
export const failPoints = [
  'on-assignment',
  'after-fencing',
  'in-restore',
  'after-restore',
  'before-offsets',
  'after-first-output',
  'after-outputs',
  'after-offsets',
  'commit-sent',
  'after-commit',
  'before-store',
  'after-store',
] as const
export type FailPoint = (typeof failPoints)[number]

const actions = ['kill', 'freeze', 'error'] as const
type Action = (typeof actions)[number]

interface Armed {
  readonly point: string
  readonly action: Action
  /** Passes left until it strikes. */
  left: number
}

/** Looks like what a lost connection raises: the runtime must not tell it from one. */
class FailPointError extends Error {
  override readonly name = 'KafkaJSConnectionError'
}

let armed: Armed | undefined

/** `after-outputs:kill:3` ends the process at the third pass; `freeze` stops it until SIGCONT; `error` raises one. */
export function armFailPoint(text: string | undefined): void {
  const [point = '', wanted, nth = '1'] = (text ?? '').split(':')
  const action = actions.find((known) => known === wanted) ?? 'kill'
  armed = text ? { point, action, left: Number(nth) } : undefined
}
armFailPoint(process.env.PAYFLOW_FAILPOINT)

/** Does nothing unless this very point is armed. */
export function failpoint(point: FailPoint): void {
  if (armed?.point !== point || --armed.left !== 0) return
  if (armed.action === 'error') throw new FailPointError(`fail point ${point}`)
  process.kill(process.pid, armed.action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
}
