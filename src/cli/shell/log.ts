import { fieldsText } from '../../app/log/line.ts'
import type { Log } from '../../log.ts'
import type { Output } from './output.ts'

/** What `--verbose` shows of the log on stderr. */
export const logTo =
  ({ verbose, detail }: Pick<Output, 'verbose' | 'detail'>): Log =>
  (level, event, fields = {}) => {
    if (verbose) detail(`${level} ${event}${fieldsText(fields)}`)
  }
