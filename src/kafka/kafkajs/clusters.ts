import { splitAddress } from '../../settings/address.ts'
import type { Metadata } from '../transport.ts'
import { metadataRequest } from '../wire/metadata.ts'
import { clusterFactory, type Kafka } from './internals.ts'
import { createErrorFromCode } from './protocol.ts'
import type { Cluster, KafkajsBroker } from './types.ts'

interface Destination {
  readonly host?: string
  readonly port?: number
  readonly rack?: string
}

/** What is changed in the clusters of one client, its admin client's too. */
interface Inside extends Cluster {
  readonly connectionPoolBuilder: { build: (to?: Destination) => Promise<unknown> }
  readonly brokerPool: Cluster['brokerPool'] & {
    createBroker: (options: object) => KafkajsBroker
    refreshMetadata: (topics: readonly string[]) => Promise<void>
  }
}

/**
 * Lets every cluster that `kafka` makes begin with `nextAddress()` and ask for the metadata of the topics it needs only.
 * kafkajs cuts an IPv6 address at its first colon, asks about all topics when it needs none, and takes one partition
 * without a leader, whosever it is, for the failure of the whole answer.
 */
export function mendClusters(kafka: Kafka, nextAddress: () => string): void {
  const factory = clusterFactory(kafka)
  const create = factory.get()
  factory.set((options) => mended(create(options) as Inside, nextAddress))
}

function mended(cluster: Inside, nextAddress: () => string): Inside {
  const { connectionPoolBuilder: builder, brokerPool: pool } = cluster
  const build = builder.build.bind(builder)
  builder.build = (to = {}) => build(to.host === undefined ? splitAddress(nextAddress()) : to)

  const refreshes = new WeakSet<readonly string[]>()
  const refresh = pool.refreshMetadata.bind(pool)
  pool.refreshMetadata = (topics) => {
    const needed = [...topics]
    refreshes.add(needed)
    return refresh(needed)
  }
  const createBroker = pool.createBroker.bind(pool)
  pool.createBroker = (options) => {
    const broker = createBroker(options)
    broker.metadata = async (topics = []) => {
      const isRefresh = refreshes.has(topics)
      const request = metadataRequest(topics.length === 0 && !isRefresh ? 'all' : topics)
      const metadata = await broker.connectionPool.send(request)
      if (topics.length > 0 && !isRefresh) throwTopicErrors(metadata)
      return metadata
    }
    return broker
  }
  return cluster
}

/** Who asks kafkajs about topics by name expects its error for one that is missing; a partition's trouble is its own. */
function throwTopicErrors({ topicMetadata }: Metadata): void {
  const failed = topicMetadata.find(({ topicErrorCode }) => topicErrorCode !== 0)
  if (failed) throw createErrorFromCode(failed.topicErrorCode)
}
