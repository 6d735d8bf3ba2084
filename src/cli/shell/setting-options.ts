import type { Command } from 'commander'
import { defaultTextOf, rowOf, settingNames, variableOf, type SettingName } from '../../settings/table.ts'

function addOption(command: Command, name: SettingName): Command {
  const { option, help } = rowOf(name)
  if (option === undefined) throw new Error(`the setting ${name} has no option`)
  return command.option(option, `${help} (${variableOf(name)}, ${defaultTextOf(name)})`)
}

/** The options that every command takes. */
export const addGlobalSettings = (program: Command): Command =>
  settingNames.filter((name) => rowOf(name).global).reduce(addOption, program)

/** The options of the settings that matter to this command. */
export const addSettings = (command: Command, ...names: readonly SettingName[]): Command =>
  names.reduce(addOption, command)
