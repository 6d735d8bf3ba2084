import { messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { serves } from './optional-requests.ts'
import { describeLogDirsApi, describeLogDirsRequest, type LogDir } from './wire/log-dirs.ts'

interface BrokerDisks {
  readonly nodeId: number
  readonly directories: readonly LogDir[]
}

/** What the disks of each broker hold. One that does not answer, does not serve the question, or may not be asked (Describe on the cluster), is absent. */
export async function brokerDisks(client: Client): Promise<BrokerDisks[]> {
  const found = await Promise.all(
    (await client.shared.all()).map(async (broker): Promise<BrokerDisks | undefined> => {
      const { apiVersion, withDisk } = describeLogDirsApi
      const version = serves(broker, { ...describeLogDirsApi, apiVersion: withDisk }) ? withDisk : apiVersion
      if (!serves(broker, { ...describeLogDirsApi, apiVersion: version })) return undefined
      try {
        return { nodeId: broker.nodeId, directories: await client.shared.send(broker, describeLogDirsRequest(version)) }
      } catch (error) {
        client.options.log?.('info', 'disks-not-read', { broker: broker.address, error: messageOf(error) })
        return undefined
      }
    }),
  )
  return found.filter((disks) => disks !== undefined)
}

/** Bytes of each replica, by `topic/partition` and broker. */
export class ReplicaSizes {
  readonly #bytes = new Map<string, number>()

  constructor(disks: readonly BrokerDisks[]) {
    for (const { nodeId, directories } of disks)
      for (const { replicas } of directories)
        for (const { topic, partition, bytes } of replicas) {
          const key = `${topic}/${partition}@${nodeId}`
          // while it moves to another directory of the broker it is there twice
          this.#bytes.set(key, Math.max(this.#bytes.get(key) ?? 0, bytes))
        }
  }

  /** Undefined where it is not known. */
  of(topic: string, partition: number, nodeId: number): number | undefined {
    return this.#bytes.get(`${topic}/${partition}@${nodeId}`)
  }
}
