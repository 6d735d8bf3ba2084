import { expect, test } from 'vitest'
import { command, type CommandOptions } from '../../support/command.ts'

const ESCAPE = '\u001B'
const explain = (argv: readonly string[], options: CommandOptions) => command(['all', '--explain', ...argv], options)

test('a result is coloured on a terminal', async () => {
  expect((await explain([], { terminal: true })).stdout).toContain(ESCAPE)
})

test.each<[string, readonly string[], CommandOptions]>([
  ['without a terminal', [], {}],
  ['with --no-color', ['--no-color'], { terminal: true }],
  ['with NO_COLOR', [], { terminal: true, env: { NO_COLOR: '1' } }],
  ['on a dumb terminal', [], { terminal: true, env: { TERM: 'dumb' } }],
])('%s there is no escape code in a result or an error, and nothing else is different', async (_, argv, options) => {
  const { stdout } = await explain(argv, options)
  expect(stdout).not.toContain(ESCAPE)
  expect(stdout).toContain('Brokers')
  const { stderr } = await command(['nonsense', ...argv], options)
  expect(stderr).not.toContain(ESCAPE)
  expect(stderr).toMatch(/^Error: Unknown command 'nonsense'\n→ /)
})

test('an empty NO_COLOR says nothing', async () => {
  expect((await explain([], { terminal: true, env: { NO_COLOR: '' } })).stdout).toContain(ESCAPE)
})

test('an error is coloured on a terminal', async () => {
  expect((await command(['nonsense'], { terminal: true })).stderr).toContain(`${ESCAPE}[31mError:${ESCAPE}[39m`)
})

test('JSON holds no escape code on a terminal either', async () => {
  const { documents, stdout } = await explain(['--json'], { terminal: true })
  expect(stdout).not.toContain(ESCAPE)
  expect(documents()).toHaveLength(1)
})
