import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultTextOf, flagOf, rowOf, settingNames, variableOf } from '../../../src/settings/table.ts'

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')

test('the README lists every setting with its option, variable, key, default and meaning', () => {
  const lines = settingNames.map((name) => {
    const option = rowOf(name).option === undefined ? '' : `\`${flagOf(name)}\``
    return `| ${option} | \`${variableOf(name)}\` | \`${name}\` | ${defaultTextOf(name)} | ${rowOf(name).help} |`
  })
  const shown = readme.split('\n').filter((line) => /^\| .*`PAYFLOW_\w+` \| `\w+` \|/.test(line))
  expect(shown.map((line) => line.replaceAll(/ +/g, ' '))).toEqual(lines.map((line) => line.replaceAll(/ +/g, ' ')))
})
