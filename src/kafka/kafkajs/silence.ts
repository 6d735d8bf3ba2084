import { formatAddress } from '../../settings/address.ts'
import type { KafkajsBroker } from './types.ts'

/** A broker that failed this long ago counts as good as any other. */
const MEMORY_MS = 60_000

/** When brokers, by address, have last failed this process: its connections learn from each other. */
const failedAt = new Map<string, number>()

export const addressOf = ({ connectionPool: { host, port } }: KafkajsBroker): string => formatAddress({ host, port })

export const noteSilence = (broker: KafkajsBroker): void => noteSilenceAt(addressOf(broker))

export function noteSilenceAt(address: string): void {
  failedAt.set(address, performance.now())
}

/** Whom to ask first: who has not failed lately, then those that are connected; any of them where that is the same. */
export const bySilence = (brokers: readonly KafkajsBroker[]): KafkajsBroker[] =>
  ordered(brokers, (broker) => [failure(addressOf(broker)), broker.isConnected() ? 0 : 1])

/** One of several addresses to begin with. */
export const leastSilent = (addresses: readonly string[]): string =>
  ordered(addresses, (address) => [failure(address), 0])[0]!

function failure(address: string): number {
  const at = failedAt.get(address)
  return at === undefined || performance.now() - at > MEMORY_MS ? 0 : at
}

function ordered<Item>(items: readonly Item[], rankOf: (item: Item) => readonly [number, number]): Item[] {
  return items
    .map((item) => ({ item, rank: [...rankOf(item), Math.random()] as const }))
    .sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2])
    .map(({ item }) => item)
}
