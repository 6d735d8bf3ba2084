import { PayflowError } from '../../errors.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import type { World } from '../shell/world.ts'

interface Named {
  readonly workers: AnyWorker[]
  /** payflow's own, and those of the files. */
  readonly known: readonly AnyWorker[]
}

/** The workers that a command line names, by files or names. @throws PayflowError (usage), `nobody` where none is named */
export async function namedWorkers(
  names: readonly string[],
  { cwd }: Pick<World, 'cwd'>,
  nobody: { readonly what: string; readonly hint: string },
): Promise<Named> {
  if (names.length === 0) throw new PayflowError('NO_WORKER_NAMED', nobody.what, { kind: 'usage', hint: nobody.hint })
  const { findWorkers } = await import('../../app/workers/arguments.ts')
  const { argv, known } = await loaded(names, cwd)
  return { workers: findWorkers(argv, known), known }
}

/** The worker that a command line names by a file or as one of payflow's own; undefined for another name, which only a cluster may know. @throws PayflowError (usage) */
export async function definedWorker(
  name: string | undefined,
  { cwd }: Pick<World, 'cwd'>,
): Promise<AnyWorker | undefined> {
  if (name === undefined) throw new PayflowError('NO_WORKER_NAMED', 'No worker is named', { kind: 'usage', hint: 'name one: `payflow worker list` shows them' }) // prettier-ignore
  const { argv, known } = await loaded([name], cwd)
  return known.find((worker) => worker.name === argv[0])
}

async function loaded(names: readonly string[], cwd: string) {
  const { defaultWorkers } = await import('../../pipeline/workers/index.ts')
  const { loadWorkerFiles } = await import('../../app/workers/files.ts')
  return loadWorkerFiles(names, defaultWorkers, cwd)
}
