import type { Settings } from './resolve.ts'
import { isDuration, rowOf, settingNames, textOf, variableOf, type SettingName } from './table.ts'

/** A setting's value by its name: durations in ms. */
export function valueOf(settings: Settings, name: SettingName): unknown {
  return (settings as unknown as Record<string, unknown>)[isDuration(name) ? `${name}Ms` : name]
}

/** The environment in which another payflow process comes to the same settings. */
export function childEnvironment(settings: Settings): Record<string, string> {
  const handedOn = settingNames.filter((name) => rowOf(name).handedOn)
  return {
    ...Object.fromEntries(handedOn.map((name) => [variableOf(name), textOf(name, valueOf(settings, name))])),
    PAYFLOW_ENGINE: settings.brokersGiven ? 'external' : 'auto',
    PAYFLOW_CONFIG: settings.configFile ?? '',
  }
}
