import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { cachedDataVersionTag } from 'node:v8'
import { Script } from 'node:vm'
import { readKept, removeOldest, writeKept } from './kept-code.ts'

/** Bytes; shorter chunks are compiled in no time. */
const WORTH_KEEPING = 16_384
/** By then a worker has done all that it does. It runs for long, and V8 forgets what has not been called for a while. */
const KEEP_AFTER_MS = 3_000
/** A command calls more than `--help` did, or another of its parts. */
const TIMES_PER_COMMAND = 3
/** Words that are no commands count too. */
const MOST_TIMES = 100

const PARAMETERS = 'exports, require, module, __filename, __dirname, importModule'

type Chunk = (
  exports: object,
  require: (name: string) => unknown,
  module: object,
  file: string,
  directory: string,
  /** What a chunk says for `import()`: see `scripts/bundle.mjs`. */
  importModule: (name: string) => Promise<unknown>,
) => void

interface Unkept {
  readonly file: string
  readonly source: Buffer
  readonly script: Script
  readonly commands: readonly string[]
}

/** Of Node, and of the settings of V8 as they are now. */
const versionOfCode = (): string => cachedDataVersionTag().toString(16)

/**
 * Loads the bundle's chunks, and keeps what V8 has compiled of them in a directory: half of a worker's start is compiling. Each command adds what it
 * calls, the first times. Node's own cache (22.8 and later) has of a file only what was compiled until it was loaded.
 */
export class CompiledChunks {
  readonly #bundle: string
  readonly #directory: string
  readonly #command: string
  readonly #require: NodeJS.Require
  readonly #modules = new Map<string, { exports: object }>()
  readonly #version = versionOfCode()
  #unkept: Unkept[] = []

  constructor(bundle: string, directory: string, command: string) {
    this.#bundle = bundle
    this.#directory = directory
    this.#command = command
    this.#require = createRequire(join(bundle, 'main.cjs'))
    setTimeout(() => this.#keep(), KEEP_AFTER_MS).unref()
    process.once('exit', (code) => {
      if (code === 0) this.#keep()
    })
  }

  /** What the chunk of this name exports. */
  load(name: string): object {
    const loaded = this.#modules.get(name)
    if (loaded) return loaded.exports
    const module = { exports: {} }
    this.#modules.set(name, module)
    const path = join(this.#bundle, name)
    const require = (wanted: string): unknown => wanted.startsWith('./') ? this.load(wanted.slice(2)) : this.#require(wanted) // prettier-ignore
    try {
      const chunk = this.#compile(path, join(this.#directory, `${name}-${this.#version}`))
      chunk(module.exports, require, module, path, this.#bundle, (url) => import(url))
    } catch (error) {
      // whoever asks for it again is told the same, as by Node
      this.#modules.delete(name)
      throw error
    }
    return module.exports
  }

  #compile(filename: string, file: string): Chunk {
    const source = readFileSync(filename)
    const kept = source.length < WORTH_KEEPING ? undefined : readKept(file, source)
    const script = new Script(`(function (${PARAMETERS}) {${source.toString()}\n})`, {
      filename,
      ...(kept && { cachedData: kept.data }),
    })
    const commands = kept && script.cachedDataRejected !== true ? kept.commands : []
    const times = commands.filter((command) => command === this.#command).length
    if (source.length >= WORTH_KEEPING && times < TIMES_PER_COMMAND && commands.length < MOST_TIMES)
      this.#unkept.push({ file, source, script, commands: [...commands, this.#command] })
    return script.runInThisContext() as Chunk
  }

  #keep(): void {
    const unkept = this.#unkept
    this.#unkept = []
    if (unkept.length === 0 || versionOfCode() !== this.#version) return
    try {
      for (const { file, source, script, commands } of unkept)
        writeKept(file, source, { commands, data: script.createCachedData() })
      removeOldest(this.#directory)
    } catch {
      // No home yet, or no right to write there: the next start compiles again.
    }
  }
}
