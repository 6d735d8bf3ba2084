import { splitAddress } from '../../settings/address.ts'
import { metadataRequest } from '../wire/metadata.ts'
import { clusterFactory, type Kafka } from './internals.ts'
import type { Cluster, KafkajsBroker } from './types.ts'

interface Destination {
  readonly host?: string
  readonly port?: number
  readonly rack?: string
}

/** What is changed in the clusters of one client. */
interface Inside extends Cluster {
  readonly connectionPoolBuilder: { build: (to?: Destination) => Promise<unknown> }
  readonly brokerPool: Cluster['brokerPool'] & {
    createBroker: (options: object) => KafkajsBroker
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

  const createBroker = pool.createBroker.bind(pool)
  pool.createBroker = (options) => {
    const broker = createBroker(options)
    broker.metadata = (topics = []) => broker.connectionPool.send(metadataRequest(topics))
    return broker
  }
  return cluster
}
