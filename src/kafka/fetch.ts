import type { Connection } from './connection.ts'
import type { FetchArgs, FetchedPartition } from './records.ts'
import type { Broker } from './transport.ts'
import { fetchApi, fetchRequest } from './wire/fetch.ts'

/** One fetch request, for what the connection can bring in time. Errors of single partitions are in the result, not thrown. */
export async function fetch(connection: Connection, broker: Broker, args: FetchArgs): Promise<FetchedPartition[]> {
  const { fetchSize, codec } = connection
  const maxBytes = Math.min(args.maxBytes, fetchSize.bytes)
  try {
    const byIds = (broker.versions?.[fetchApi.apiKey]?.maxVersion ?? 0) >= fetchApi.withIds
    const fetched = await connection.send(broker, fetchRequest({ ...args, maxBytes }, codec, { byIds }))
    fetchSize.answered()
    return fetched
  } catch (error) {
    fetchSize.failed(error, maxBytes)
    throw error
  }
}
