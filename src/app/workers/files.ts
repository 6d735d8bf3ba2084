import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { register } from 'node:module'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { PayflowError, messageOf } from '../../errors.ts'
import { packageRoot } from '../../package-root.ts'
import { ownWorker } from '../../pipeline/worker/custom.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'

/** Whether a word of a command line names a file rather than a worker. */
const isFile = (word: string): boolean => /[\\/]|\.[cm]?[jt]s$/.test(word)

/**
 * Loads the custom workers that a command line names by their files, and puts their names in the files' places: what follows
 * knows them like any other. A word after an option is its value.
 * @throws PayflowError (usage) that names the file and what is wrong with it
 */
export async function loadWorkerFiles(
  argv: readonly string[],
  builtIn: readonly AnyWorker[],
  cwd: string,
): Promise<{ argv: string[]; known: AnyWorker[] }> {
  const known = [...builtIn]
  const words: string[] = []
  for (const [i, word] of argv.entries()) {
    const isValue = /^--[^=]+$/.test(argv[i - 1] ?? '')
    words.push(isValue || !isFile(word) || word.startsWith('-') ? word : await add(word, known, builtIn, cwd))
  }
  return { argv: words, known }
}

async function add(path: string, known: AnyWorker[], builtIn: readonly AnyWorker[], cwd: string): Promise<string> {
  const file = resolve(cwd, path)
  if (known.some((worker) => worker.file === file)) return known.find((worker) => worker.file === file)!.name
  const worker = await load(path, file, builtIn)
  const other = known.find(({ name }) => name === worker.name)
  if (other) throw invalid(path, `name "${worker.name}" is that of ${other.file ?? 'another worker'} too`)
  known.push(worker)
  return worker.name
}

async function load(path: string, file: string, builtIn: readonly AnyWorker[]): Promise<AnyWorker> {
  if (!existsSync(file) || !statSync(file).isFile())
    throw new PayflowError('WORKER_FILE_MISSING', `There is no file ${path}`, {
      kind: 'usage',
      hint: 'a custom worker is a file such as ./my-worker.js; `payflow worker list` shows the others',
    })
  const module = await importFile(path, file)
  if (!('default' in module)) throw invalid(path, 'it has no default export')
  try {
    return ownWorker(module.default, file, builtIn)
  } catch (error) {
    throw invalid(path, messageOf(error), error)
  }
}

const invalid = (path: string, what: string, cause?: unknown): PayflowError =>
  new PayflowError('WORKER_INVALID', `${path}: ${what}`, {
    kind: 'usage',
    hint: 'correct what it exports with `export default defineWorker({ … })`; docs/workers.md shows a complete one',
    cause,
  })

let isProvided = false

/** Custom files import payflow from wherever they are: it is this very package. */
function provideThisPackage(): void {
  if (isProvided) return
  isProvided = true
  const self = JSON.stringify(pathToFileURL(join(packageRoot, 'dist/index.js')).href)
  const hook = `export const resolve = (name, context, next) => name === 'payflow' ? { url: ${self}, shortCircuit: true } : next(name, context)`
  register(`data:text/javascript,${encodeURIComponent(hook)}`)
}

async function importFile(path: string, file: string): Promise<Record<string, unknown>> {
  provideThisPackage()
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    throw notLoaded(path, file, error)
  }
}

function notLoaded(path: string, file: string, error: unknown): PayflowError {
  const isTypeScript = /\.[cm]?ts$/.test(path) && (error as { code?: unknown }).code === 'ERR_UNKNOWN_FILE_EXTENSION'
  const message = isTypeScript ? `Node ${process.versions.node} runs no TypeScript` : messageOf(error).split('\n')[0]!
  const hint = isTypeScript ? 'compile it to JavaScript first, or use Node 22.18 or newer' : 'correct the file; --verbose shows where its code was' // prettier-ignore
  const at = lineIn(file, error)
  return new PayflowError('WORKER_FILE_BROKEN', `${path}${at} cannot be loaded: ${message}`, { kind: 'usage', hint, cause: error }) // prettier-ignore
}

/** `, line 7`, when the error says so. */
function lineIn(file: string, error: unknown): string {
  let stack = error instanceof Error ? (error.stack ?? '') : ''
  // Node keeps the place of a syntax error for those who let it end the process.
  if (error instanceof SyntaxError && !stack.includes(file)) stack = spawnSync(process.execPath, ['--check', file]).stderr.toString() // prettier-ignore
  const from = stack.indexOf(file)
  const [, line] = /^:(\d+)/.exec(from < 0 ? '' : stack.slice(from + file.length)) ?? []
  return line === undefined ? '' : `, line ${line}`
}
