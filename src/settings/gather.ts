import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import type { ClientValue } from './client-config/meaning.ts'
import { readClientConfig } from './client-config/read.ts'
import { readConfigFile, type ConfigSource } from './config-file.ts'
import { decodeText } from './decode-text.ts'
import { expandHome } from './home-directory.ts'
import { isPemText } from './pem.ts'
import { usage } from './refuse.ts'
import { flagOf, rowOf, settingNames, variableOf, type SettingName, type Values } from './table.ts'
import { hintOf, schemaOf } from './types.ts'

/** Where a value came from. `text` names it to a user: `--engine`, `PAYFLOW_ENGINE`, a file's path, `infra up`, `default`. */
export interface Origin {
  readonly kind: 'option' | 'environment' | 'file' | 'infra' | 'default'
  readonly text: string
}

export interface SettingSources {
  /** What the command line said, by setting name; undefined where it said nothing. */
  readonly options: Partial<Record<SettingName | 'config', unknown>>
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
}

export interface Given {
  readonly value: unknown
  readonly origin: Origin
}
type AllGiven = Record<SettingName, Given>

/** What was said for each setting: option > environment > file > default. */
export function gather({ options, env, cwd }: SettingSources, config: ConfigSource | undefined): AllGiven {
  const file = config && { ...config, content: readConfigFile(config.path) }
  const given = (name: SettingName): Given => {
    if (options[name] !== undefined) return { value: options[name], origin: { kind: 'option', text: flagOf(name) } }
    return (
      fromEnvironment(name, env, cwd) ??
      (file && fromFile(name, file)) ?? { value: rowOf(name).default, origin: { kind: 'default', text: 'default' } }
    )
  }
  return withClientConfig(Object.fromEntries(settingNames.map((name) => [name, given(name)])) as AllGiven, cwd)
}

function fromEnvironment(name: SettingName, env: NodeJS.ProcessEnv, cwd: string): Given | undefined {
  const variable = variableOf(name)
  const value = env[variable]
  if (value !== undefined && value !== '') return { value, origin: { kind: 'environment', text: variable } }
  const secretFile = rowOf(name).secret && env[`${variable}_FILE`]
  if (secretFile === undefined || secretFile === '') return undefined
  const text = `${variable}_FILE`
  return { value: readSecret(resolve(cwd, secretFile), text), origin: { kind: 'environment', text } }
}

function fromFile(
  name: SettingName,
  { content, path, base, named }: ConfigSource & { readonly content: Record<string, unknown> },
): Given | undefined {
  const value = content[name]
  // what a file says that was named is relative to where it was named
  if (value !== undefined) return { value: named ? value : absolute(name, value, base), origin: { kind: 'file', text: path } } // prettier-ignore
  const secretFile = rowOf(name).secret && content[`${name}File`]
  if (typeof secretFile !== 'string') return undefined
  const secret = readSecret(resolve(base, secretFile), `"${name}File" in ${path}`)
  return { value: secret, origin: { kind: 'file', text: `${path} (${name}File)` } }
}

/** A path as an absolute one; any other value as it is. */
function absolute(name: SettingName, value: unknown, base: string): unknown {
  const isPath = name === 'home' || ['file', 'pem'].includes(rowOf(name).kind.is)
  return isPath && typeof value === 'string' && value !== '' && !isPemText(value)
    ? resolve(base, expandHome(value))
    : value
}

/** The text of a file without the end of its last line, which editors and `echo` write. */
function readSecret(path: string, where: string): string {
  try {
    return decodeText(readFileSync(path)).replace(/\r?\n$/, '')
  } catch (error) {
    throw usage('SECRET_UNREADABLE', `${where} names a file that cannot be read: ${messageOf(error)}`, 'correct the path') // prettier-ignore
  }
}

const rank = { option: 3, environment: 2, file: 1, infra: 0, default: 0 } as const

/** Positive when `a` was said in the stronger place. */
export const compareOrigins = (a: Origin, b: Origin): number => rank[a.kind] - rank[b.kind]

/** A file of client properties counts as much as the place that names it; a setting that is named in as strong a place, more. */
function withClientConfig(given: AllGiven, cwd: string): AllGiven {
  const { value, origin } = given.clientConfig
  if (typeof value !== 'string' || value === '') return given
  const path = resolve(cwd, expandHome(value))
  const result = { ...given }
  for (const [name, said] of Object.entries(readClientConfig(path)) as [SettingName, ClientValue][]) {
    const own = given[name].origin
    const stronger = said.weak ? own.kind === 'default' : compareOrigins(origin, own) > 0
    if (stronger) result[name] = { value: said.value, origin: { kind: origin.kind, text: `${path} (${said.key})` } }
  }
  return result
}

const schema = z.object(Object.fromEntries(settingNames.map((name) => [name, schemaOf(rowOf(name))])))

/** A refused value as an error may show it: what comes before an @ could be a password. */
function shownValue(name: SettingName, value: unknown): string {
  if (rowOf(name).secret || rowOf(name).kind.is === 'pem') return '***'
  return (typeof value === 'string' ? value : JSON.stringify(value)).replace(/^.*@/s, '***@')
}

/** @throws PayflowError (usage) that names the first refused value, where it came from, and what is allowed. */
export function check(given: Record<SettingName, Given>): Values {
  const result = schema.safeParse(Object.fromEntries(settingNames.map((name) => [name, given[name].value])))
  if (result.success) return result.data as Values
  const issue = result.error.issues[0]!
  const name = issue.path[0] as SettingName
  const { value, origin } = given[name]
  const named = origin.text.startsWith('--') || origin.text.startsWith('PAYFLOW_')
  const where = named ? origin.text : `"${name}" in ${origin.text}`
  throw usage('SETTING_INVALID', `${where} cannot be "${shownValue(name, value)}"`, hintOf(issue, rowOf(name).kind))
}
