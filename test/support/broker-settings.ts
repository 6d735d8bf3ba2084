import { incrementalAlterConfigsRequest } from '../../src/kafka/wire/alter-configs.ts'
import type { Client } from '../../src/kafka/client.ts'

/** Sets dynamic settings of a broker, or takes them back (`undefined`). Others of a shared broker stay: kafkajs would replace all of them. */
export async function setBrokerSettings(
  { shared: connection }: Client,
  id: number,
  settings: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const change = { type: 'broker', name: String(id), settings: new Map(Object.entries(settings)) } as const
  const [answer] = await connection.send(await connection.any(), incrementalAlterConfigsRequest([change]))
  if (answer?.errorCode !== 0) throw new Error(`settings of broker ${id}: ${answer?.message ?? 'no answer'}`)
}
