import type { Connection } from './connection.ts'
import { currentWireMode } from './mode.ts'
import type { Broker } from './kafkajs/internals.ts'
import { fetchRequest, type FetchArgs, type FetchedPartition } from './wire/fetch.ts'

/** One fetch request. Errors of single partitions are in the result, not thrown. */
export const fetch = (connection: Connection, broker: Broker, args: FetchArgs): Promise<FetchedPartition[]> =>
  connection.send(broker, fetchRequest(args, currentWireMode()))
