import type { Connection } from './connection.ts'
import { requireServed } from './optional-requests.ts'
import type { Exchange } from './exchange.ts'
import { retrying } from './retry.ts'
import type { Broker } from './transport.ts'

const patience = { timeoutMs: 15_000 }

interface ControllerApi {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
}

/** Sends it to the controller, and again while another one is being elected. Brokers of KRaft hand it on. @throws what it answered */
export async function askController<Result>(
  connection: Connection,
  api: ControllerApi,
  exchange: () => Exchange<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  return retrying(
    async () => {
      const { controllerId } = await connection.metadata([])
      const broker: Broker = controllerId < 0 ? await connection.any() : await connection.broker(controllerId)
      requireServed(broker, api)
      return connection.send(broker, exchange())
    },
    { ...patience, signal },
  )
}
