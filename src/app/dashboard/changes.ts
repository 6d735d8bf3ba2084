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
  return now.groups.flatMap(({ worker, state, members }): Mark[] => {
    const known = earlier.get(worker)
    if (!known) return []
    const begins = rebalancing.has(state) && !rebalancing.has(known.state)
    // one that began and ended between two looks; the end of one that was seen is none
    const happened = known.members !== members && !rebalancing.has(known.state)
    if (!begins && !happened) return []
    return [{ kind: 'rebalance', atMs, text: `${worker} rebalances, ${known.members} → ${members} members` }]
  })
}

function processMarks(before: Seen, now: Seen, atMs: number): Mark[] {
  const workers = new Set([...before.processes.keys(), ...now.processes.keys()])
  return [...workers].flatMap((worker): Mark[] => {
    const [old, present] = [before.processes.get(worker) ?? [], now.processes.get(worker) ?? []]
    const gone = old.filter((pid) => !present.includes(pid))
    const come = present.filter((pid) => !old.includes(pid))
    const mark = (text: string): Mark => ({ kind: 'restart', atMs, text })
    return [
      ...gone.map((pid) => mark(`${worker} has ended (pid ${pid})`)),
      ...come.map((pid) => mark(`${worker} has started (pid ${pid})`)),
    ]
  })
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
