import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { decodeText } from './decode-text.ts'
import { didYouMean } from '../did-you-mean.ts'
import { messageOf } from '../errors.ts'
import { usage } from './refuse.ts'
import { rowOf, settingNames } from './table.ts'

const DEFAULT_CONFIG_FILE = 'payflow.config.json'

/** Each setting, and for a secret the file that holds it. */
const keys = settingNames.flatMap((name) => (rowOf(name).secret ? [name, `${name}File`] : [name]))

/** Why a text is not JSON, in one line, and without the piece of it that V8 quotes: that may be a secret. */
const syntaxFault = (error: unknown): string =>
  messageOf(error).replace(/, (?:"|\.\.\.").* is not valid JSON$/s, '').replaceAll(/\s+/g, ' ') // prettier-ignore

/** The settings of a file, unchecked. @throws PayflowError (usage) */
export function readConfigFile(path: string): Record<string, unknown> {
  let text: string
  try {
    text = decodeText(readFileSync(path))
  } catch (error) {
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

/** The settings file, and where what it says begins. */
export interface ConfigSource {
  readonly path: string
  /** Somebody named it: it must be there, and is handed to child processes. */
  readonly named: boolean
  /** What relative paths in it are relative to. */
  readonly base: string
  /** How it came to be this one, for a user. */
  readonly origin: string
}

/** The file that `--config` or `PAYFLOW_CONFIG` names, else the nearest `payflow.config.json` at or above the working directory. */
export function configSourceOf(option: unknown, env: NodeJS.ProcessEnv, cwd: string): ConfigSource | undefined {
  const named = option ?? env.PAYFLOW_CONFIG
  if (typeof named === 'string' && named !== '')
    return {
      path: resolve(cwd, named),
      named: true,
      base: cwd,
      origin: option === undefined ? 'PAYFLOW_CONFIG' : '--config',
    }
  const path = findAbove(cwd)
  if (path === undefined) return undefined
  return {
    path,
    named: false,
    base: dirname(path),
    origin: dirname(path) === resolve(cwd) ? 'found here' : 'found above',
  }
}

function findAbove(cwd: string): string | undefined {
  const here = resolve(cwd)
  if (isThere(join(here, DEFAULT_CONFIG_FILE))) return join(here, DEFAULT_CONFIG_FILE)
  for (let directory = here; directory !== dirname(directory);) {
    directory = dirname(directory)
    const path = join(directory, DEFAULT_CONFIG_FILE)
    if (isThere(path) && isOurs(path)) return path
  }
  return undefined
}

/** Whatever else keeps it from being read is said when it is read. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}

/** Settings can name a command to run: above the working directory, another user's file (in /tmp, say) is not taken. */
function isOurs(path: string): boolean {
  try {
    const found = statSync(path)
    const user = process.getuid?.()
    return found.isFile() && (user === undefined || found.uid === user || found.uid === 0)
  } catch {
    return false
  }
}
