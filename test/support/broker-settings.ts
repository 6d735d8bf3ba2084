import { join } from 'node:path'
import { inject } from 'vitest'
import { withLock } from '../../src/infra/lock.ts'
import { incrementalAlterConfigsRequest } from '../../src/kafka/wire/alter-configs.ts'
import type { Client } from '../../src/kafka/client.ts'

/**
 * Sets dynamic settings of a broker, or takes them back (`undefined`). Others of a shared broker stay: kafkajs would replace all of them.
 * One at a time: a broker with ZooKeeper reads all settings and writes them back, and loses what another process set in between.
 */
export async function setBrokerSettings(
  { shared: connection }: Client,
  id: number,
  settings: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const change = { type: 'broker', name: String(id), settings: new Map(Object.entries(settings)) } as const
  const broker = await connection.any()
  const [answer] = await withLock(join(inject('home'), 'broker-settings.lock'), { report: () => undefined }, () =>
    connection.send(broker, incrementalAlterConfigsRequest([change])),
  )
  if (answer?.errorCode !== 0) throw new Error(`settings of broker ${id}: ${answer?.message ?? 'no answer'}`)
}
