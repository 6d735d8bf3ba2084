import type { Command } from 'commander'
import type { World } from '../shell/world.ts'
import { completionOf, type Candidate, type Completion, type Live } from './candidates.ts'
import { FILES } from './scripts.ts'

const PATIENCE_MS = 700
/** Names come from a cluster, and a shell puts them into the line as they are: what it would not take as a plain word is left out. */
const PLAIN = /^[\w./@%+,:=-]+$/

/** The lines that a shell's script reads: words that can stand at the end of this line, each perhaps with a tab and what it is. Never fails, and says nothing else. */
export async function complete(program: Command, world: World, words: readonly string[]): Promise<string[]> {
  const completion = completionOf(program, words)
  const { candidates, live, typed, before } = completion
  const found = [...candidates, ...(await Promise.all(live.map((of) => asked(world, completion, of)))).flat()]
  const lines = new Map(
    found
      .filter(({ word }) => word.startsWith(typed) && PLAIN.test(word))
      .map(({ word, about }) => [word, about === '' ? before + word : `${before}${word}\t${about.split('\n')[0]!}`]),
  )
  // names of internal topics come when their underscores are typed
  const shown = [...lines].filter(([word]) => typed !== '' || !word.startsWith('_')).map(([, line]) => line)
  return live.includes('files') ? [...shown, FILES] : shown
}

async function asked(world: World, { options }: Completion, of: Live): Promise<Candidate[]> {
  if (of === 'files') return []
  if (of === 'workers') {
    const { defaultWorkers } = await import('../../pipeline/workers/index.ts')
    return defaultWorkers.map(({ name, summary }) => ({ word: name, about: summary }))
  }
  try {
    const [{ resolveSettings }, { liveNames }] = await Promise.all([
      import('../../settings/resolve.ts'),
      import('../../app/live-names.ts'),
    ])
    const names = await liveNames(resolveSettings({ options, env: world.env, cwd: world.cwd }), of, PATIENCE_MS)
    return names.map((word) => ({ word, about: '' }))
  } catch {
    return [] // wrong settings: the command itself says so
  }
}
