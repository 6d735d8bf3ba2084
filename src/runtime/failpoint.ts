/** Steps of the protocol at which a test may end the process or raise an error (docs/internals.md). */
export type FailPoint =
  | 'after-fencing'
  | 'in-restore'
  | 'after-restore'
  | 'after-first-output'
  | 'after-outputs'
  | 'after-offsets'
  | 'before-commit'
  | 'commit-sent'
  | 'after-commit'
  | 'on-assignment'

interface Armed {
  readonly point: string
  readonly action: 'kill' | 'error'
  /** The how manieth pass it strikes at. */
  left: number
}

/** `PAYFLOW_FAILPOINT=after-outputs:kill:3`: at the third pass. */
function parse(text: string | undefined): Armed | undefined {
  if (!text) return undefined
  const [point = '', action, nth = '1'] = text.split(':')
  return { point, action: action === 'error' ? 'error' : 'kill', left: Number(nth) }
}

const armed = parse(process.env['PAYFLOW_FAILPOINT'])

export class FailPointError extends Error {
  override readonly name = 'KafkaJSConnectionError'
}

/** Does nothing unless this very point is armed. */
export function failpoint(point: FailPoint): void {
  if (armed?.point !== point || --armed.left !== 0) return
  if (armed.action === 'kill') process.kill(process.pid, 'SIGKILL')
  throw new FailPointError(`fail point ${point}`)
}
