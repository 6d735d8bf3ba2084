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

/** Sends it to the controller, once. Brokers of KRaft hand it on. @throws what it answered, NOT_CONTROLLER after an election */
export async function sendToController<Result>(
  connection: Connection,
  api: ControllerApi,
  exchange: () => Exchange<Result>,
): Promise<Result> {
  const { controllerId } = await connection.metadata([])
  const broker: Broker = controllerId < 0 ? await connection.any() : await connection.broker(controllerId)
  requireServed(broker, api)
  return connection.send(broker, exchange())
}

/** Sends it to the controller, and again while another one is being elected, or cannot be reached. @throws what it answered */
export const askController = <Result>(
  connection: Connection,
  api: ControllerApi,
  exchange: () => Exchange<Result>,
  signal?: AbortSignal,
): Promise<Result> => retrying(() => sendToController(connection, api, exchange), { ...patience, signal })
