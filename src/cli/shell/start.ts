import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expandHome } from '../../settings/home-directory.ts'
import { CompiledChunks } from './compiled-chunks.ts'
import { growWhileSmall } from './heap-growth.ts'

type Program = typeof import('./main.ts')

const bundle = dirname(fileURLToPath(import.meta.url))

/** The program in the bundle, of which this is the first file. */
export function program(argv: readonly string[]): Program {
  const command = commandOf(argv)
  // before V8 compiles anything: what it keeps depends on its settings
  if (command === 'worker') growWhileSmall()
  const directory = directoryOfCode(argv, process.env)
  if (directory !== undefined) return new CompiledChunks(bundle, directory, command).load('main.cjs') as Program
  return createRequire(join(bundle, 'start.cjs'))('./main.cjs') as Program
}

const commandOf = (argv: readonly string[]): string => argv.find((word) => /^[a-z][a-z-]{0,30}$/.test(word)) ?? '-'

/** Undefined when nothing is kept: nowhere to, or something that looks at the program wants Node to load it. */
function directoryOfCode(argv: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  if (argv.includes('--verbose') || argv.includes('-v') || env.NODE_DISABLE_COMPILE_CACHE || env.NODE_V8_COVERAGE) return undefined // prettier-ignore
  try {
    return join(expandHome(env.PAYFLOW_HOME || '~/.payflow'), 'compiled')
  } catch {
    return undefined
  }
}
