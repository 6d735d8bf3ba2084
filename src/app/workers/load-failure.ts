import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { didYouMean } from '../../did-you-mean.ts'
import { PayflowError, messageOf, systemCodeOf } from '../../errors.ts'
import { packageOf } from './package-file.ts'

interface Loading {
  /** As the user has named it. */
  readonly path: string
  readonly file: string
  /** Node's version. */
  readonly node: string
  /** What payflow exports. */
  readonly exported: readonly string[]
  /** What it imports that is in no package. */
  readonly imported: readonly string[]
}

interface Why {
  readonly what: string
  readonly hint: string
}

const IMPORT_IT = "write `import { defineWorker } from 'payflow'` and `export default defineWorker({ … })`"
const compile = (file: string): string =>
  `\`npx esbuild ${basename(file)} --outfile=${basename(file).replace(/ts$/, 'js')}\``

/** Why a worker's file cannot be loaded, and what is to be done, of what Node says of it. */
export function loadFailure(error: unknown, loading: Loading): PayflowError {
  const { what, hint } = why(error, loading) ?? {
    what: shortened(firstLine(error)),
    hint: error instanceof SyntaxError ? 'correct that line' : 'correct the file; --verbose shows where its code was',
  }
  const { path, file, imported } = loading
  const place = placeIn([file, ...imported], error)
  const at = place?.file === file ? `, line ${place.line}` : ''
  const elsewhere = place && place.file !== file ? `${spelled(dirname(file), place.file)}, line ${place.line}: ` : ''
  return new PayflowError('WORKER_FILE_BROKEN', `${path}${at} cannot be loaded: ${elsewhere}${what}`, { kind: 'usage', hint, cause: error }) // prettier-ignore
}

const MOST_SAID = 160

/** TypeScript's parser lists all that it would have taken: that says nothing. */
function shortened(line: string): string {
  if (line.length <= MOST_SAID) return line
  const said = line.replace(/\. Expected .*/, '')
  return said.length > MOST_SAID ? `${said.slice(0, MOST_SAID)}…` : said
}
const firstLine = (error: unknown): string => messageOf(error).split('\n')[0]!

function why(error: unknown, loading: Loading): Why | undefined {
  switch (systemCodeOf(error)) {
    case 'ERR_UNKNOWN_FILE_EXTENSION':
      return unknownExtension(firstLine(error), loading)
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return {
        what: `${firstLine(error)}: Node only leaves types out`,
        hint: `write it in JavaScript (for an enum: \`const Status = { … } as const\`), or compile the file first: ${compile(loading.file)}`,
      }
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return { what: 'Node runs no TypeScript under node_modules', hint: `move the file, or compile it first: ${compile(loading.file)}` } // prettier-ignore
    case 'ERR_MODULE_NOT_FOUND':
    case 'ERR_UNSUPPORTED_DIR_IMPORT':
      return missing(error as Error & { url?: string }, loading)
    case 'MODULE_NOT_FOUND':
      return firstLine(error).includes("'payflow'") ? { what: 'it asks for payflow with `require`', hint: `${IMPORT_IT}, in a file whose name ends with .mjs` } : undefined // prettier-ignore
    default:
      return badModule(firstLine(error), loading)
  }
}

function unknownExtension(message: string, { path, file, node }: Loading): Why | undefined {
  const [, other] = /for (\/.*\.[cm]?ts)$/.exec(message) ?? []
  if (other === undefined) return undefined
  const whose = other === file ? '' : `it imports ${relative(dirname(file), other)}, and `
  return {
    what: `${whose}Node ${node} runs no TypeScript`,
    hint: `use Node 22.18 or newer, or compile it first: ${compile(other === file ? path : other)}`,
  }
}

/** Of modules that are the other kind than their file says, and of names that they do not have. */
function badModule(message: string, { file, exported }: Loading): Why | undefined {
  if (/^(Cannot use import statement outside a module|Unexpected token 'export')/.test(message)) return notAModule(file)
  if (/^(require|module|exports) is not defined in ES module scope/.test(message))
    return { what: message.split(',')[0]!, hint: `${IMPORT_IT}; this file is an ES module` }
  const [, from, name] = /^The requested module '(.*)' does not provide an export named '(.*)'/.exec(message) ?? []
  if (from === undefined || name === undefined) return undefined
  const ofTypes = /ts$/.test(file) ? `a type is imported with \`import type { ${name} }\`` : undefined
  if (from !== 'payflow') return { what: `${from} exports no ${name}`, hint: ofTypes ?? `export it there, or import another name` } // prettier-ignore
  const similar = didYouMean(name, exported, 'docs/workers.md shows what it exports')
  return {
    what: `payflow exports no ${name}`,
    hint: ofTypes === undefined ? similar : `${ofTypes}; if it is none: ${similar}`,
  }
}

function notAModule(file: string): Why {
  const found = packageOf(dirname(file))
  const name = basename(file)
  const better = name.replace(/\.c?([jt]s)$/, '.m$1')
  if (extname(file).startsWith('.c') || !found)
    return { what: 'it is an ES module, and its name says CommonJS', hint: `call it ${better}` }
  return {
    what: `it is an ES module, and ${relative(dirname(file), found) || 'package.json'} says "type": "commonjs"`,
    hint: `call it ${better}, or say "type": "module" there`,
  }
}

function missing({ message, url }: Error & { url?: string }, { file }: Loading): Why | undefined {
  const [, name] = /^Cannot find package '([^']+)'/.exec(message) ?? []
  if (name !== undefined && !name.startsWith('/')) return { what: `Cannot find package '${name}'`, hint: `install it where the file is: \`npm install ${name}\`` } // prettier-ignore
  if (url?.startsWith('file:') !== true) return undefined
  const target = fileURLToPath(url)
  const [, importer] = / imported from (.*)$/.exec(message.split('\n')[0]!) ?? []
  const named = spelled(dirname(importer ?? file), target)
  const there = [`${target}.ts`, `${target}.js`, `${target}.mjs`, target.replace(/js$/, 'ts'), join(target, 'index.js'), join(target, 'index.ts')].find((each) => each !== target && existsSync(each)) // prettier-ignore
  const whose = importer === undefined || importer === file ? 'it' : relative(dirname(file), importer)
  return {
    what: `${whose} imports ${named}, ${existsSync(target) ? 'which is a directory' : 'which is not there'}`,
    hint: there === undefined ? 'correct the name, or write that file' : `say '${spelled(dirname(importer ?? file), there)}': Node takes the names of files as they are`, // prettier-ignore
  }
}

const spelled = (from: string, to: string): string => relative(from, to).replace(/^(?!\.)/, './')

interface Place {
  readonly file: string
  readonly line: string
}

/** Where in the user's own files it went wrong, when the error says so. */
function placeIn(files: readonly string[], error: unknown): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const found = firstIn(stack, files)
  if (found !== undefined || !(error instanceof SyntaxError)) return found
  // Node keeps the place of a syntax error for those who let it end the process.
  for (const file of files) {
    const place = firstIn(spawnSync(process.execPath, ['--check', file]).stderr.toString(), [file])
    if (place) return place
  }
  return undefined
}

function firstIn(stack: string, files: readonly string[]): Place | undefined {
  const places = files.flatMap((file) => {
    const at = stack.indexOf(`${file}:`)
    const [, line] = /^:(\d+)/.exec(at < 0 ? '' : stack.slice(at + file.length)) ?? []
    return line === undefined ? [] : [{ at, file, line }]
  })
  return places.sort((a, b) => a.at - b.at)[0]
}
