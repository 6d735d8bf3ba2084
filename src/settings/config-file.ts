import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { decodeText } from './decode-text.ts'
import { didYouMean } from '../did-you-mean.ts'
import { messageOf, systemCodeOf } from '../errors.ts'
import { usage } from './refuse.ts'
import { rowOf, settingNames } from './table.ts'

export const DEFAULT_CONFIG_FILE = 'payflow.config.json'

/** Each setting, and for a secret the file that holds it. */
const keys = settingNames.flatMap((name) => (rowOf(name).secret ? [name, `${name}File`] : [name]))

/** Why a text is not JSON, in one line, and without the piece of it that V8 quotes: that may be a secret. */
const syntaxFault = (error: unknown): string =>
  messageOf(error).replace(/, (?:"|\.\.\.").* is not valid JSON$/s, '').replaceAll(/\s+/g, ' ') // prettier-ignore

/** The settings of a file, unchecked. Only a file that somebody named must exist. @throws PayflowError (usage) */
export function readConfigFile(path: string, required: boolean): Record<string, unknown> {
  let text: string
  try {
    text = decodeText(readFileSync(path))
  } catch (error) {
    if (!required && systemCodeOf(error) === 'ENOENT') return {}
    throw usage('CONFIG_UNREADABLE', `Cannot read ${path}: ${messageOf(error)}`, 'name another file with --config')
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw usage('CONFIG_INVALID', `${path} is not JSON: ${syntaxFault(error)}`, 'correct the file')
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw usage('CONFIG_INVALID', `${path} does not hold a JSON object`, `allowed keys: ${settingNames.join(', ')}`)
  for (const key of Object.keys(content))
    if (!keys.includes(key)) throw usage('CONFIG_UNKNOWN_KEY', `Unknown key "${key}" in ${path}`, didYouMean(key, keys))
  return content as Record<string, unknown>
}

/** The file that `--config` or `PAYFLOW_CONFIG` names, as an absolute path. */
export function namedConfigFile(option: unknown, env: NodeJS.ProcessEnv, cwd: string): string | undefined {
  const named = option ?? env.PAYFLOW_CONFIG
  return typeof named === 'string' && named !== '' ? resolve(cwd, named) : undefined
}
