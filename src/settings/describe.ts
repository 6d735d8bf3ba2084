import { valueOf } from './child-environment.ts'
import type { Settings } from './resolve.ts'
import { rowOf, settingNames, textOf, type SettingName } from './table.ts'

export interface DescribedSetting {
  readonly setting: SettingName
  /** As an option or variable would have it; `***` for a secret, null where there is none. */
  readonly value: string | null
  readonly origin: string
}

/** Every setting with its value and where that came from. Secrets are not shown. */
export const describeSettings = (settings: Settings): DescribedSetting[] =>
  settingNames.map((setting) => {
    const value = valueOf(settings, setting)
    const text = rowOf(setting).secret && value !== undefined ? '***' : textOf(setting, value)
    return { setting, value: text === '' ? null : text, origin: settings.origins[setting].text }
  })
