import type { Client } from '../../kafka/client.ts'
import { membersByGroup } from '../../kafka/groups.ts'
import { allCommittedOffsets } from '../../kafka/offsets.ts'
import { inboxTopic, stateTopic, workerOfGroup } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import { OnDemand } from './on-demand.ts'

/** What there is to know of a worker to watch it. */
export interface WatchedWorker {
  readonly name: string
  /** Topics. */
  readonly inputs: readonly string[]
  /** Null: not known, for nobody here has its definition. */
  readonly output: string | null
  /** Not one of payflow's own. */
  readonly custom: boolean
}

export const watchedOf = ({ name, inputs, output }: AnyWorker): WatchedWorker => ({
  name,
  inputs: Object.values(inputs).map((input) => input.name),
  output: output.name,
  custom: false,
})

/** By the name of a worker. */
type Wanted = (name: string) => boolean

/** Custom workers, wherever they run: what their groups subscribe to, or have offsets in, is what they read. @throws what a broker answered */
export async function customWorkers(client: Client, wanted: Wanted = isCustom): Promise<WatchedWorker[]> {
  const groups = await membersByGroup(client, (group) => {
    const name = workerOfGroup(group)
    return name !== undefined && wanted(name)
  })
  return Promise.all(
    groups.map(async ({ group, subscriptions }) => {
      const name = workerOfGroup(group)!
      const internal = new Set([inboxTopic(name), stateTopic(name)])
      const committed = await allCommittedOffsets(client.shared, group)
      const topics = new Set([...subscriptions, ...committed.map(({ topic }) => topic)])
      return { name, inputs: [...topics].filter((topic) => !internal.has(topic)).sort(), output: null, custom: true }
    }),
  )
}

/** Groups of custom workers are looked for this often at most. */
const CUSTOMS_MS = 5_000
const own = new Set(defaultWorkers.map(({ name }) => name))
const isCustom: Wanted = (name) => !own.has(name)

/**
 * What a monitor asks for custom workers before each sample; `only`: no others than this one, if it is custom. Whoever looks for a worker at
 * the first sample must not miss it: that one waits.
 */
export function customsOf(client: Client, only?: string): () => Promise<readonly WatchedWorker[]> {
  const look = () => customWorkers(client, (name) => isCustom(name) && (only === undefined || name === only))
  const found = new OnDemand(look, CUSTOMS_MS)
  return async () => (await found.get())?.value ?? look()
}
