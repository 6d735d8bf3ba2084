import type { Connection } from './connection.ts'
import type { FetchArgs, FetchedPartition } from './records.ts'
import type { Broker } from './transport.ts'
import { fetchRequest } from './wire/fetch.ts'

/** One fetch request. Errors of single partitions are in the result, not thrown. */
export const fetch = (connection: Connection, broker: Broker, args: FetchArgs): Promise<FetchedPartition[]> =>
  connection.send(broker, fetchRequest(args, connection.codec))
