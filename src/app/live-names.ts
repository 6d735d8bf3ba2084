import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '../kafka/client.ts'
import { membersByGroup } from '../kafka/groups.ts'
import { topicNames } from '../kafka/topics.ts'
import type { Settings } from '../settings/resolve.ts'
import { clientOptions } from './cluster.ts'

/** Names of topics or groups, for someone who waits with a finger on a key: none when the brokers do not answer within `patienceMs`. */
export async function liveNames(settings: Settings, of: 'topics' | 'groups', patienceMs: number): Promise<string[]> {
  if (settings.brokers.length === 0) return []
  const client = new Client(clientOptions(settings, 'payflow-completion'))
  const asked =
    of === 'topics' ? topicNames(client) : membersByGroup(client).then((groups) => groups.map(({ group }) => group))
  try {
    return await Promise.race([asked, sleep(patienceMs).then((): string[] => [])])
  } catch {
    return [] // nobody reads an error there; the command itself will say it
  } finally {
    asked.catch(() => undefined)
    void client.close()
  }
}
