import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { PayflowError, messageOf, systemCodeOf } from '../../errors.ts'
import { packageRoot } from '../../package-root.ts'
import { publicTopics, WORKER_NAME } from '../../pipeline/events/topics.ts'
import { reservedNames } from '../../pipeline/worker/check.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import { installedFor, isModulePackage, packageOf } from '../workers/package-file.ts'
import { packageText, readmeText, testCode, workerCode, type Template } from './templates.ts'

export interface NewWorker {
  readonly name: string
  /** Where it is to be written, from the current directory. */
  readonly directory: string
  readonly typescript: boolean
}

export interface Written {
  readonly directory: string
  /** From the current directory. */
  readonly files: readonly string[]
  /** What was there already, and is left as it is. */
  readonly kept: readonly string[]
  /** What to do next: commands and what each is for. */
  readonly next: readonly (readonly [command: string, why: string])[]
}

/**
 * Writes a worker that runs as it stands, its test and a README. Nothing is overwritten: where the worker or its test is there, nothing is written.
 * @throws PayflowError (usage)
 */
export function initWorker({ name, directory, typescript }: NewWorker, cwd: string): Written {
  refuseName(name)
  const to = resolve(cwd, directory)
  const own = existsSync(to) ? packageOf(to) : packageOf(resolve(to, '..'))
  const isModule = own === undefined || isModulePackage(own)
  const template: Template = {
    name,
    topic: name.replaceAll('-', '_'),
    extension: `.${isModule ? '' : 'm'}${typescript ? 'ts' : 'js'}`,
  }
  const worker = `${name}${template.extension}`
  const test = `${name}.test${template.extension}`
  const shown = (file: string): string => relative(cwd, join(to, file)) || file
  const taken = [worker, test].filter((file) => existsSync(join(to, file)))
  if (taken.length > 0)
    throw new PayflowError('FILE_EXISTS', `${taken.map(shown).join(' and ')} ${taken.length === 1 ? 'is' : 'are'} there already`, { kind: 'usage', hint: 'nothing was written: use another name, or --directory <dir>' }) // prettier-ignore
  const inside = commandsFor(worker, typescript)
  const files: Record<string, string> = {
    [worker]: workerCode(template),
    [test]: testCode(template),
    'README.md': readmeText(template, inside),
    ...(own === undefined && { 'package.json': packageText(template) }),
  }
  const kept = Object.keys(files).filter((file) => existsSync(join(to, file)))
  const written = Object.keys(files).filter((file) => !kept.includes(file))
  write(
    to,
    written.map((file) => [file, files[file]!]),
  )
  const enter = relative(cwd, to)
  return {
    directory: to,
    files: written.map(shown),
    kept: kept.map(shown),
    next: [...(enter === '' ? [] : [[`cd ${quoted(enter)}`, ''] as const]), ...linking(to), ...inside],
  }
}

function write(to: string, files: readonly (readonly [string, string])[]): void {
  try {
    mkdirSync(to, { recursive: true })
    for (const [file, text] of files) writeFileSync(join(to, file), text, { flag: 'wx' })
  } catch (cause) {
    // a full disk and the like are told as everywhere
    if (systemCodeOf(cause) === 'EEXIST' || systemCodeOf(cause) === 'ENOTDIR') throw new PayflowError('FILE_EXISTS', `${to} cannot be written: ${messageOf(cause)}`, { kind: 'usage', hint: 'use another name, or --directory <dir>', cause }) // prettier-ignore
    throw cause
  }
}

function refuseName(name: string): void {
  const refused = (message: string, hint: string): PayflowError =>
    new PayflowError('WORKER_INVALID', message, { kind: 'usage', hint })
  if (!WORKER_NAME.test(name)) throw refused(`${JSON.stringify(name)} cannot name a worker`, 'use lower-case words joined by dashes, such as fraud-score') // prettier-ignore
  if (reservedNames.includes(name)) throw refused(`"${name}" cannot name a worker`, `\`payflow worker ${name}\` is a command: use another name`) // prettier-ignore
  if (defaultWorkers.some((worker) => worker.name === name)) throw refused(`"${name}" is the name of a built-in worker`, 'use another one') // prettier-ignore
  const topic = name.replaceAll('-', '_')
  if (publicTopics.some((other) => other.name === topic)) throw refused(`${topic}, which ${name} would write, is a topic of payflow's own`, 'use another name') // prettier-ignore
}

const quoted = (path: string): string => (/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

const commandsFor = (worker: string, typescript: boolean): [command: string, why: string][] => [
  ['node --test', `the test, without Kafka${typescript ? ' (Node 22.18 or newer)' : ''}`],
  [`payflow worker check ./${worker}`, 'what follows from the definition'],
  ['payflow infra up && payflow topics create', 'a real Kafka on this machine'],
  [`payflow worker --watch ./${worker}`, 'runs it, and starts it again when the file changes'],
  ['payflow produce orders --rate 10', 'in another terminal: orders to count'],
]

/** The command finds payflow for a worker by itself; Node, which runs the test, does not know where it is. */
const linking = (directory: string): [command: string, why: string][] =>
  installedFor(directory) ? [] : [[`npm install --no-save --ignore-scripts ${quoted(packageRoot)}`, 'links payflow here, for the test and for editors']] // prettier-ignore
