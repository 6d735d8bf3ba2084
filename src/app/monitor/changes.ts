import type { Mark } from './model.ts'

/** What marks are made of: what was seen at one look. */
export interface Seen {
  readonly brokers: readonly { readonly id: number; readonly address: string }[]
  readonly groups: readonly { readonly worker: string; readonly state: string; readonly members: number }[]
  /** Process ids by worker. */
  readonly processes: ReadonlyMap<string, readonly number[]>
}

const rebalancing = new Set(['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Reconciling'])

/** What has happened between two looks. */
export function changesBetween(before: Seen, now: Seen, atMs: number): Mark[] {
  return [...brokerMarks(before, now, atMs), ...groupMarks(before, now, atMs), ...processMarks(before, now, atMs)]
}

function brokerMarks(before: Seen, now: Seen, atMs: number): Mark[] {
  const lacks = (seen: Seen, id: number): boolean => !seen.brokers.some((broker) => broker.id === id)
  const named = ({ id, address }: Seen['brokers'][number]): string => `broker ${id} (${address})`
  return [
    ...before.brokers.filter(({ id }) => lacks(now, id)).map((broker) => `${named(broker)} is away`),
    ...now.brokers.filter(({ id }) => lacks(before, id)).map((broker) => `${named(broker)} is there`),
  ].map((text) => ({ kind: 'broker', atMs, text }))
}

function groupMarks(before: Seen, now: Seen, atMs: number): Mark[] {
  const earlier = new Map(before.groups.map((group) => [group.worker, group]))
  /** Workers by what happened to them: those of one process mostly meet the same. */
  const alike = new Map<string, string[]>()
  for (const { worker, state, members } of now.groups) {
    const known = earlier.get(worker)
    if (!known) continue
    const begins = rebalancing.has(state) && !rebalancing.has(known.state)
    // one that began and ended between two looks; the end of one that was seen is none
    const happened = known.members !== members && !rebalancing.has(known.state)
    if (begins || happened) append(alike, `rebalance, ${known.members} → ${members} members`, worker)
  }
  return [...alike].map(([what, workers]) => ({ kind: 'rebalance', atMs, text: `${workers.join(', ')}: ${what}` }))
}

/** A process may run several workers. */
function processMarks(before: Seen, now: Seen, atMs: number): Mark[] {
  const [old, present] = [workersByPid(before), workersByPid(now)]
  const marks = (from: typeof old, without: typeof old, what: string): Mark[] =>
    [...from].filter(([pid]) => !without.has(pid)).map(([pid, workers]) => ({ kind: 'restart', atMs, text: `${workers.join(', ')}: process ${pid} ${what}` })) // prettier-ignore
  return [...marks(old, present, 'has ended'), ...marks(present, old, 'has started')]
}

function workersByPid({ processes }: Seen): Map<number, string[]> {
  const found = new Map<number, string[]>()
  for (const [worker, pids] of processes) for (const pid of pids) append(found, pid, worker)
  return found
}

function append<Key>(lists: Map<Key, string[]>, key: Key, item: string): void {
  lists.set(key, [...(lists.get(key) ?? []), item])
}

/** How many processes of each worker have come in place of another. */
export class Restarts {
  readonly #ended = new Map<string, number>()
  readonly #counts = new Map<string, number>()

  see(before: Seen, now: Seen): void {
    for (const worker of new Set([...before.processes.keys(), ...now.processes.keys()])) {
      const [old, present] = [before.processes.get(worker) ?? [], now.processes.get(worker) ?? []]
      const ended = (this.#ended.get(worker) ?? 0) + old.filter((pid) => !present.includes(pid)).length
      const replaced = Math.min(ended, present.filter((pid) => !old.includes(pid)).length)
      this.#ended.set(worker, ended - replaced)
      this.#counts.set(worker, this.of(worker) + replaced)
    }
  }

  of(worker: string): number {
    return this.#counts.get(worker) ?? 0
  }
}
