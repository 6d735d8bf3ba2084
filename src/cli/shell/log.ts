import type { Log, LogFields } from '../../log.ts'
import type { Output } from './output.ts'

/** The log goes to stderr, for those who ask for it with `--verbose`. */
export const logTo =
  ({ verbose, detail }: Pick<Output, 'verbose' | 'detail'>): Log =>
  (level, event, fields = {}) => {
    if (verbose) detail(`${level} ${event}${fieldsText(fields)}`)
  }

const fieldsText = (fields: LogFields): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}=${typeof value === 'string' && /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value)}`,
    )
    .join('')
