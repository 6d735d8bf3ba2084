import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PayflowError, messageOf } from '../../errors.ts'
import { ownWorker } from '../../pipeline/worker/custom.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { importFile } from './import-file.ts'

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
  for (const [i, word] of argv.entries()) words.push(isNamedFile(argv, i) ? await add(word, known, builtIn, cwd) : word)
  return { argv: words, known }
}

/** The files of custom workers that a command line names. */
export const filesIn = (argv: readonly string[]): string[] => argv.filter((_, i) => isNamedFile(argv, i))

function isNamedFile(argv: readonly string[], i: number): boolean {
  const word = argv[i]!
  const isValue = /^--[^=]+$/.test(argv[i - 1] ?? '')
  return !isValue && isFile(word) && !word.startsWith('-')
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
  refuseMissing(path, file)
  const module = await importFile(path, file)
  if (!('default' in module)) throw invalid(path, noDefault(module))
  try {
    return ownWorker(module.default, file, builtIn)
  } catch (error) {
    throw invalid(path, messageOf(error), error)
  }
}

/** Often it is there, under a name. */
function noDefault(module: Readonly<Record<string, unknown>>): string {
  const isWorker = (value: unknown): boolean => typeof value === 'object' && value !== null && 'inputs' in value && 'on' in value // prettier-ignore
  const named = Object.keys(module).find((name) => isWorker(module[name]))
  return named === undefined ? 'it has no default export' : `it has no default export; ${named} looks like a worker`
}

const CODE = /\.[cm]?[jt]s$/

/** @throws PayflowError (usage) unless it is a file of code */
export function refuseMissing(path: string, file: string): void {
  const none = (message: string, hint: string): PayflowError =>
    new PayflowError('WORKER_FILE_MISSING', message, { kind: 'usage', hint })
  if (!existsSync(file)) {
    const meant = ['.js', '.mjs', '.ts'].find((extension) => existsSync(file + extension))
    throw none(`There is no file ${path}`, meant ? `did you mean ${path}${meant}?` : 'a custom worker is a file such as ./my-worker.js; `payflow worker list` shows the others') // prettier-ignore
  }
  if (statSync(file).isDirectory()) {
    const inside = readdirSync(file).filter((name) => CODE.test(name) && !/\.(test|spec)\./.test(name))
    const named = inside.slice(0, 3).map((name) => join(path, name).replace(/^(?![./\\])/, './'))
    throw none(`${path} is a directory`, named.length > 0 ? `name the file: ${named.join(', ')}` : 'name the file of a worker; none is in it') // prettier-ignore
  }
  if (!CODE.test(file)) throw none(`${path} is not JavaScript or TypeScript`, 'a custom worker is a file such as ./my-worker.js') // prettier-ignore
}

const invalid = (path: string, what: string, cause?: unknown): PayflowError =>
  new PayflowError('WORKER_INVALID', `${path}: ${what}`, {
    kind: 'usage',
    hint: 'correct what it exports with `export default defineWorker({ … })`; docs/workers.md shows a complete one',
    cause,
  })
