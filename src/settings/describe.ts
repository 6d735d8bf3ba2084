import { valueOf } from './child-environment.ts'
import type { Settings } from './resolve.ts'
import { isPemText } from './pem.ts'
import { rowOf, settingNames, textOf, type SettingName } from './table.ts'

export interface DescribedSetting {
  /** `config` is the settings file itself. */
  readonly setting: SettingName | 'config'
  /** As an option or variable would have it; `***` for a secret, null where there is none. */
  readonly value: string | null
  readonly origin: string
}

/** Every setting with its value and where that came from. Secrets are not shown. */
export const describeSettings = (settings: Settings): DescribedSetting[] => [
  { setting: 'config', value: settings.config?.path ?? null, origin: settings.config?.origin ?? 'default' },
  ...settingNames.map((setting) => {
    const value = valueOf(settings, setting)
    const hidden = value !== undefined && (rowOf(setting).secret || isPemText(value))
    const text = hidden ? '***' : textOf(setting, value)
    return { setting, value: text === '' ? null : text, origin: settings.origins[setting].text }
  }),
]
