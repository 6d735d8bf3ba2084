import type { PartitionView, TailRecord, WorkerView } from '../../../app/monitor/model.ts'
import { isBehind, NOTICEABLE_LAG } from '../../../app/monitor/verdict.ts'
import type { Sort } from './state.ts'

/** Whether a text passes a filter: a regular expression, or what does not match it after a `!`. One that is not well formed is a plain text. */
function passes(filter: string): (text: string) => boolean {
  const [inverse, wanted] = filter.startsWith('!') ? [true, filter.slice(1)] : [false, filter]
  if (wanted === '') return () => true
  const matches = matcher(wanted)
  return (text) => matches(text) !== inverse
}

function matcher(wanted: string): (text: string) => boolean {
  try {
    const pattern = new RegExp(wanted, 'i')
    return (text) => pattern.test(text)
  } catch {
    const plain = wanted.toLowerCase()
    return (text) => text.toLowerCase().includes(plain)
  }
}

/**
 * How bad it is: those that have work and do not run come first, then those behind by the longest time. Those that keep up are alike, or
 * what is in flight would make them change places all the time.
 */
function badness(worker: WorkerView): readonly number[] {
  const { running, lag, lagSeconds, undecided } = worker
  const waits = lag + undecided
  const isHeldUp = isBehind(worker) || undecided >= NOTICEABLE_LAG
  return [!running && waits > 0 ? 1 : 0, isHeldUp ? (lagSeconds ?? lag / NOTICEABLE_LAG) : 0, isHeldUp ? waits : 0, running ? 0 : 1] // prettier-ignore
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i])
  return at < 0 ? 0 : b[at]! - a[at]!
}

const orders: Readonly<Record<Sort, (a: WorkerView, b: WorkerView) => number>> = {
  worst: (a, b) => compare(badness(a), badness(b)),
  lag: (a, b) => b.lag - a.lag,
  behind: (a, b) => (b.lagSeconds ?? Infinity) - (a.lagSeconds ?? Infinity) || b.lag - a.lag,
  rate: (a, b) => (b.perSecond ?? -1) - (a.perSecond ?? -1),
  name: (a, b) => a.worker.localeCompare(b.worker),
}

export const workerRows = (workers: readonly WorkerView[], filter: string, sort: Sort): WorkerView[] => {
  const isShown = passes(filter)
  const shown = workers.filter(({ worker, inputs, output }) => isShown([worker, ...inputs, output].join(' ')))
  return shown.sort((a, b) => orders[sort](a, b) || a.worker.localeCompare(b.worker))
}

export const keyOfPartition = ({ topic, partition }: Pick<PartitionView, 'topic' | 'partition'>): string =>
  `${topic}/${partition}`

/** Those that are alike stand in the order of the worker's inputs; its inbox comes after them. */
export function partitionRows(
  { inputs, partitions }: Pick<WorkerView, 'inputs' | 'partitions'>,
  filter: string,
  sort: Sort,
): PartitionView[] {
  const isShown = passes(filter)
  const placeOf = ({ topic }: PartitionView): number => (inputs.includes(topic) ? inputs.indexOf(topic) : inputs.length)
  const byPlace = (a: PartitionView, b: PartitionView): number => placeOf(a) - placeOf(b) || a.partition - b.partition // prettier-ignore
  const lag = (at: PartitionView): number => at.lag ?? Infinity
  const behind = (at: PartitionView): number => at.lagSeconds ?? Infinity
  const shown = partitions.filter((at) => isShown(keyOfPartition(at)))
  if (sort === 'name' || sort === 'rate') return shown.sort(byPlace)
  if (sort === 'lag') return shown.sort((a, b) => difference(lag(b), lag(a)) || byPlace(a, b))
  return shown.sort((a, b) => difference(behind(b), behind(a)) || difference(lag(b), lag(a)) || byPlace(a, b))
}

const difference = (a: number, b: number): number => (a === b ? 0 : a - b)

export function recordRows(records: readonly TailRecord[], filter: string): TailRecord[] {
  const isShown = passes(filter)
  return records.filter(({ key, value }) => isShown(`${key ?? ''} ${value ?? ''}`))
}
