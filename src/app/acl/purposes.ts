import { defaultWorkers } from '../../pipeline/workers/index.ts'
import { loadWorkerFiles } from '../workers/files.ts'
import { findWorkers } from '../workers/arguments.ts'
import type { Purposes } from './grants.ts'

const purposeWords = ['all', 'topics', 'produce', 'audit'] as const
type Word = (typeof purposeWords)[number]
const isWord = (word: string): word is Word => (purposeWords as readonly string[]).includes(word)

/**
 * What words of a command line stand for: `all` (or none), `topics`, `produce`, `audit`, and workers, by name or file. Workers that are
 * named are those that `topics` and `audit` are about, too.
 * @throws PayflowError (usage) for a worker that there is not, or a file that is not one
 */
export async function purposesOf(words: readonly string[], checks: boolean, cwd: string): Promise<Purposes> {
  const given = new Set(words.filter(isWord))
  const { argv, known } = await loadWorkerFiles(words.filter((word) => !isWord(word)), defaultWorkers, cwd) // prettier-ignore
  const named = findWorkers(argv, known)
  const all = given.has('all') || words.length === 0
  const wants = (word: Word): boolean => all || given.has(word)
  const files = named.filter(({ file }) => file !== undefined)
  return {
    topics: wants('topics'),
    produce: wants('produce'),
    run: all || named.length > 0,
    audit: wants('audit'),
    checks,
    workers: all ? [...defaultWorkers, ...files] : named.length > 0 ? named : defaultWorkers,
  }
}
