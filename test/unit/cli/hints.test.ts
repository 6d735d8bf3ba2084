import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { createProgram } from '../../../src/cli/shell/program.ts'
import type { World } from '../../../src/cli/shell/world.ts'

const source = fileURLToPath(new URL('../../../src', import.meta.url))

/** The string literals of a file, an expression within one being a number: it may stand for any word. */
function textsOf(file: string): string[] {
  return readFileSync(file, 'utf8').includes('`payflow ') ? literalsOf(file) : []
}

function literalsOf(file: string): string[] {
  const code = readFileSync(file, 'utf8')
  const texts: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text)
    else if (ts.isTemplateExpression(node))
      texts.push(node.head.text + node.templateSpans.map(({ literal }) => `7${literal.text}`).join(''))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.Latest))
  return texts
}

/** What is in backquotes and begins with payflow, and where: file → command line. */
function commandsInTexts(): [string, string][] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const found = files.flatMap((file) =>
    textsOf(join(source, file))
      .flatMap((text) => [...text.matchAll(/`payflow ([^`]+)`/g)].map(([, line]) => line!))
      .map((line): [string, string] => [relative(source, join(source, file)), line]),
  )
  return [...new Map(found.map((entry) => [entry.join(' '), entry])).values()]
}

/** What the page names: in its text as code, and in what it is sent or makes. */
function commandsOfThePage(): [string, string][] {
  const page = readFileSync(join(source, 'web/client/index.html'), 'utf8')
  const inText = [...page.matchAll(/<code>payflow ([^<]+)<\/code>/g)].map(([, line]) => ['web/client/index.html', line!.replaceAll('&lt;', '<').replaceAll('&gt;', '>')]) // prettier-ignore
  const made = ['app/monitor/verdict.ts', 'web/client/panels.ts'].flatMap(
    (file) =>
    literalsOf(join(source, file)).flatMap((text) => [...text.matchAll(/^payflow (.+)$/g)].map(([, line]) => [file, line!])), // prettier-ignore
  )
  return [...inText, ...made] as [string, string][]
}

/** Every action does nothing, so that a command line is only parsed. */
function withoutActions(command: Command): Command {
  command.action(() => undefined)
  command.commands.forEach(withoutActions)
  return command
}

/** Why the program would not take a command line, if it would not. One without its arguments names the command as such. */
function refusal(line: string): string | undefined {
  const world = { env: {}, columns: () => 80 } as unknown as World
  const words = (line.match(/"[^"]*"|\S+/g) ?? []).filter((word) => word !== '…')
  try {
    withoutActions(createProgram(world)).parse(words, { from: 'user' })
    return undefined
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return code === 'commander.missingArgument' || code?.startsWith('commander.help') === true ? undefined : message
  }
}

test('a command line that does not exist is known to be one', () => {
  expect(refusal('groups rest')).toBeDefined()
  expect(refusal('topics list --fast')).toBeDefined()
  expect(refusal('nothing')).toBeDefined()
  expect(refusal('topics describe')).toBeUndefined()
})

test('every command line that the page names exists', () => {
  const all = commandsOfThePage()
  expect(all.length).toBeGreaterThan(15)
  expect(all.map(([file, line]) => ({ file, line, refusal: refusal(line) })).filter((one) => one.refusal)).toEqual([])
})

test('every command line that a message names exists', () => {
  const all = commandsInTexts()
  expect(all.length).toBeGreaterThan(50)
  expect(all.map(([file, line]) => ({ file, line, refusal: refusal(line) })).filter((one) => one.refusal)).toEqual([])
})
