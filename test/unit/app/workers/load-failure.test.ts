import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { loadFailure } from '../../../../src/app/workers/load-failure.ts'

function directoryOf(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-load-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

/** What a user reads when Node has said this of a file. */
function said(
  error: Error,
  name = 'w.js',
  files: Readonly<Record<string, string>> = {},
  imported: readonly string[] = [],
) {
  const directory = directoryOf({ [name]: '', ...files })
  const failure = loadFailure(error, {
    path: `./${name}`,
    file: join(directory, name),
    node: '20.20.2',
    exported: ['orders', 'payments', 'defineWorker'],
    imported: imported.map((file) => join(directory, file)),
  })
  expect(failure).toMatchObject({ code: 'WORKER_FILE_BROKEN', kind: 'usage' })
  return [failure.message, failure.hint]
}

const coded = (code: string, message: string, more: object = {}) => Object.assign(new Error(message), { code, ...more })

test('Node without TypeScript: the file itself, or one that it imports', () => {
  const error = coded('ERR_UNKNOWN_FILE_EXTENSION', 'Unknown file extension ".ts" for /x/helper.ts')
  expect(said(error)[0]).toMatch(/^\.\/w\.js cannot be loaded: it imports .*helper\.ts, and Node 20\.20\.2 runs no TypeScript$/) // prettier-ignore
  expect(said(error)[1]).toBe(
    'use Node 22.18 or newer, or compile it first: `npx esbuild helper.ts --outfile=helper.js`',
  )
})

test('TypeScript that is more than types', () => {
  const error = Object.assign(new SyntaxError('TypeScript enum is not supported in strip-only mode\n enum A { B }'), { code: 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' }) // prettier-ignore
  expect(said(error, 'w.ts')).toEqual([
    './w.ts cannot be loaded: TypeScript enum is not supported in strip-only mode: Node only leaves types out',
    'write it in JavaScript (for an enum: `const Status = { … } as const`), or compile the file first: `npx esbuild w.ts --outfile=w.js`', // prettier-ignore
  ])
})

const outside = (): SyntaxError => new SyntaxError('Cannot use import statement outside a module')

test('an ES module in a folder of CommonJS, or in a file whose name says CommonJS', () => {
  const files = { 'package.json': '{"type":"commonjs"}' }
  expect(said(outside(), 'w.js', files)).toEqual([
    './w.js cannot be loaded: it is an ES module, and package.json says "type": "commonjs"',
    'call it w.mjs, or say "type": "module" there',
  ])
  expect(said(outside(), 'w.ts', files)[1]).toBe('call it w.mts, or say "type": "module" there')
  expect(said(outside(), 'w.cjs', files)).toEqual([
    './w.cjs cannot be loaded: it is an ES module, and its name says CommonJS',
    'call it w.mjs',
  ])
})

test('CommonJS', () => {
  expect(said(new ReferenceError('require is not defined in ES module scope, you can use import instead'))).toEqual([
    './w.js cannot be loaded: require is not defined in ES module scope',
    "write `import { defineWorker } from 'payflow'` and `export default defineWorker({ … })`; this file is an ES module", // prettier-ignore
  ])
  const [message, hint] = said(coded('MODULE_NOT_FOUND', "Cannot find module 'payflow'\nRequire stack:"), 'w.cjs')
  expect(message).toBe('./w.cjs cannot be loaded: it asks for payflow with `require`')
  expect(hint).toMatch(/^write `import .* whose name ends with \.mjs$/)
})

test('a name that payflow does not export, and a type that was imported as a value', () => {
  const error = new SyntaxError("The requested module 'payflow' does not provide an export named 'ordres'")
  expect(said(error)).toEqual(['./w.js cannot be loaded: payflow exports no ordres', 'did you mean orders?'])
  const type = new SyntaxError("The requested module 'payflow' does not provide an export named 'RecordContext'")
  expect(said(type, 'w.ts')[1]).toBe('a type is imported with `import type { RecordContext }`; if it is none: docs/workers.md shows what it exports') // prettier-ignore
})

test('an import that is not there', () => {
  const missing = (name: string): Error => {
    const directory = directoryOf({ 'w.js': '', 'helper.ts': '' })
    const error = coded('ERR_MODULE_NOT_FOUND', `Cannot find module '${join(directory, name)}' imported from ${join(directory, 'w.js')}`, { url: pathToFileURL(join(directory, name)).href }) // prettier-ignore
    return loadFailure(error, {
      path: './w.js',
      file: join(directory, 'w.js'),
      node: '24.0.0',
      exported: [],
      imported: [],
    })
  }
  expect(missing('helper')).toMatchObject({
    message: './w.js cannot be loaded: it imports ./helper, which is not there',
    hint: "say './helper.ts': Node takes the names of files as they are",
  })
  expect(missing('helper.js')).toMatchObject({ hint: "say './helper.ts': Node takes the names of files as they are" })
  expect(missing('other.js')).toMatchObject({ hint: 'correct the name, or write that file' })
  const none = coded('ERR_MODULE_NOT_FOUND', "Cannot find package 'lodash' imported from /x/w.js")
  expect(said(none)).toEqual([
    "./w.js cannot be loaded: Cannot find package 'lodash'",
    'install it where the file is: `npm install lodash`',
  ])
})

test('a mistake in a file that it imports is told with its place there', () => {
  const [message, hint] = said(new SyntaxError("Unexpected token ';'"), 'w.mjs', { 'helper.mjs': 'const a = 1\nconst b = ;\n' }, ['helper.mjs']) // prettier-ignore
  expect(message).toBe("./w.mjs cannot be loaded: ./helper.mjs, line 2: Unexpected token ';'")
  expect(hint).toBe('correct that line')
})

test('of what a parser would have taken, nothing is told', () => {
  const list = Array.from({ length: 30 }, (_, i) => `word${i}`).join(', ')
  const error = new SyntaxError(`Unexpected token \`=\`. Expected an identifier, ${list}`)
  expect(said(error, 'w.ts')).toEqual(['./w.ts cannot be loaded: Unexpected token `=`', 'correct that line'])
})
