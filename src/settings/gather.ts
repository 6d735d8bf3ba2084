import { resolve } from 'node:path'
import { z } from 'zod'
import { DEFAULT_CONFIG_FILE, readConfigFile } from './config-file.ts'
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

/** What was said for each setting: option > environment > file > default. */
export function gather(
  { options, env, cwd }: SettingSources,
  configFile: string | undefined,
): Record<SettingName, Given> {
  const path = configFile ?? resolve(cwd, DEFAULT_CONFIG_FILE)
  const file = readConfigFile(path, configFile !== undefined)
  const given = (name: SettingName): Given => {
    const variable = env[variableOf(name)]
    if (options[name] !== undefined) return { value: options[name], origin: { kind: 'option', text: flagOf(name) } }
    if (variable !== undefined && variable !== '')
      return { value: variable, origin: { kind: 'environment', text: variableOf(name) } }
    if (file[name] !== undefined) return { value: file[name], origin: { kind: 'file', text: path } }
    return { value: rowOf(name).default, origin: { kind: 'default', text: 'default' } }
  }
  return Object.fromEntries(settingNames.map((name) => [name, given(name)])) as Record<SettingName, Given>
}

const schema = z.object(Object.fromEntries(settingNames.map((name) => [name, schemaOf(rowOf(name))])))

/** A refused value as an error may show it: what comes before an @ could be a password. */
function shownValue(name: SettingName, value: unknown): string {
  if (rowOf(name).secret) return '***'
  return (typeof value === 'string' ? value : JSON.stringify(value)).replace(/^.*@/s, '***@')
}

/** @throws PayflowError (usage) that names the first refused value, where it came from, and what is allowed. */
export function check(given: Record<SettingName, Given>): Values {
  const result = schema.safeParse(Object.fromEntries(settingNames.map((name) => [name, given[name].value])))
  if (result.success) return result.data as Values
  const issue = result.error.issues[0]!
  const name = issue.path[0] as SettingName
  const { value, origin } = given[name]
  const where = origin.kind === 'option' || origin.kind === 'environment' ? origin.text : `"${name}" in ${origin.text}`
  throw usage('SETTING_INVALID', `${where} cannot be "${shownValue(name, value)}"`, hintOf(issue, rowOf(name).kind))
}
