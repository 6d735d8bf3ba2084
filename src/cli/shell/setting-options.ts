import { Option, type Command } from 'commander'
import { defaultTextOf, rowOf, settingNames, variableOf, type SettingName } from '../../settings/table.ts'

function addOption(command: Command, name: SettingName): Command {
  const { option, help, global } = rowOf(name)
  if (option === undefined) throw new Error(`the setting ${name} has no option`)
  const text = `${help} (${variableOf(name)}, ${defaultTextOf(name)})`
  return command.addOption(new Option(option, text).hideHelp(global === 'unlisted'))
}

/** The options that every command takes. */
export const addGlobalSettings = (program: Command): Command =>
  settingNames.filter((name) => rowOf(name).global).reduce(addOption, program)

/** The options of the settings that matter to this command. */
export const addSettings = (command: Command, ...names: readonly SettingName[]): Command =>
  names.reduce(addOption, command)
