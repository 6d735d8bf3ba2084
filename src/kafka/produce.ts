import type { Connection } from './connection.ts'
import type { ProduceArgs, ProduceResult } from './records.ts'
import type { Broker } from './transport.ts'
import { produceRequest } from './wire/produce.ts'

/** One produce request. Errors of single partitions are in the result, not thrown. */
export const produce = (connection: Connection, broker: Broker, args: ProduceArgs): Promise<ProduceResult[]> =>
  connection.send(broker, produceRequest(args))
