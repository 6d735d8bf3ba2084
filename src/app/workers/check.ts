import { dirname } from 'node:path'
import { packageRoot } from '../../package-root.ts'
import { describeWorker, type WorkerDescription } from '../../pipeline/worker/describe.ts'
import { isCustom, outputNames, spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { installedFor } from './package-file.ts'
import { tryOut } from './trial.ts'

export interface CheckedWorker extends WorkerDescription {
  /** What would end the worker, or give wrong figures. */
  readonly faults: readonly string[]
  /** What may be right, and should be looked at. */
  readonly notes: readonly string[]
  /** Made-up events that its steps took; null: payflow's own are not tried. */
  readonly tried: number | null
  /** Topics whose records become dead letters when they have no key, because state lies by it. */
  readonly needKeys: readonly string[]
}

export interface WorkerCheck {
  readonly ok: boolean
  readonly workers: readonly CheckedWorker[]
  /** What goes wrong when they run at the same time. */
  readonly collisions: readonly string[]
}

/** What follows from definitions that are right by themselves, and what is wrong about them all the same. Asks no broker. */
export function checkWorkers(workers: readonly AnyWorker[]): WorkerCheck {
  const checked = workers.map(checkOne)
  const collisions = [...sharedOutputs(workers), ...circles(workers)]
  return { ok: collisions.length === 0 && checked.every(({ faults }) => faults.length === 0), workers: checked, collisions } // prettier-ignore
}

function checkOne(worker: AnyWorker): CheckedWorker {
  const description = describeWorker(worker)
  if (!isCustom(worker)) return { ...description, faults: [], notes: [], tried: null, needKeys: [] }
  const { events, faults, doubts, untried, byRecordKey } = tryOut(worker)
  const notes = [
    ...doubts,
    ...untried.map(
      (input) => `no event of ${worker.inputs[input]!.name} could be made up, so on.${input} was not tried`,
    ),
    ...withoutTime(description),
    ...otherVersion(worker),
  ]
  return {
    ...description,
    faults,
    notes,
    tried: events,
    needKeys: byRecordKey.map((input) => worker.inputs[input]!.name),
  }
}

/** Where some inputs have a time and others do not, the order between them is that of arrival. */
function withoutTime({ inputs }: WorkerDescription): string[] {
  const timeless = inputs.filter(({ hasTime }) => !hasTime)
  if (timeless.length === 0 || timeless.length === inputs.length) return []
  return timeless.map(({ topic }) => `events of ${topic} have no time: they are taken as they come, before the others`)
}

/** A worker runs with the payflow that runs it, its test with the one that is installed beside it. */
function otherVersion({ file }: AnyWorker): string[] {
  const beside = file === undefined ? undefined : installedFor(dirname(file))
  const own = installedFor(packageRoot)
  if (!beside || !own || beside.version === own.version) return []
  return [`payflow ${beside.version} is installed beside it, which its test uses; this command is ${own.version}`]
}

function sharedOutputs(workers: readonly AnyWorker[]): string[] {
  const writers = new Map<string, AnyWorker>()
  return workers.flatMap((worker) =>
    outputNames(worker).flatMap((topic) => {
      const other = writers.get(topic)
      writers.set(topic, worker)
      return other ? [`${spelledAs(other)} and ${spelledAs(worker)} both write ${topic}: give each a topic of its own`] : [] // prettier-ignore
    }),
  )
}

/** Workers that read what follows from what they write: their records would never end. */
function circles(workers: readonly AnyWorker[]): string[] {
  const readersOf = (worker: AnyWorker): AnyWorker[] =>
    workers.filter((other) => Object.values(other.inputs).some(({ name }) => outputNames(worker).includes(name)))
  const found = workers.filter((worker) => {
    const reached = new Set(readersOf(worker))
    for (const each of reached) for (const next of readersOf(each)) reached.add(next)
    return reached.has(worker)
  })
  return found.length === 0 ? [] : [`${found.map(({ name }) => name).join(', ')} read in a circle what they write: it would never end`] // prettier-ignore
}
