import { topicsNotFound, topicsWith } from '../../kafka/missing-topics.ts'
import { PayflowError, messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { alterTopicConfig, topicConfigs } from '../../kafka/configs.ts'

interface WantedSettings {
  readonly topics: readonly string[]
  readonly settings: Readonly<Record<string, string>>
}

/** `from` is undefined where the setting may not be read. */
interface SettingChange {
  readonly topic: string
  readonly setting: string
  readonly from: string | undefined
  readonly to: string
}

/** Words of a command line: `name=value` is a setting, anything else a topic. @throws PayflowError (usage) when one of the two is missing */
export function readChanges(words: readonly string[]): WantedSettings {
  const topics = words.filter((word) => !word.includes('='))
  const pairs = words.filter((word) => word.includes('=')).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const) // prettier-ignore
  if (topics.length > 0 && pairs.length > 0 && pairs.every(([name]) => name !== ''))
    return { topics, settings: Object.fromEntries(pairs) }
  throw new PayflowError('USAGE', topics.length > 0 ? 'No setting is named' : 'No topic is named', {
    kind: 'usage',
    hint: 'name topics, then settings: `payflow topics configure orders retention.ms=-1`',
  })
}

/** What would be changed; what is so already is left out. @throws PayflowError when a topic does not exist */
export async function planConfigure(client: Client, { topics, settings }: WantedSettings): Promise<SettingChange[]> {
  const existing = await topicsWith(client, topics)
  const missing = topics.filter((topic) => !existing.has(topic))
  if (missing.length > 0) throw topicsNotFound(missing, [...existing.keys()])
  const now = await topicConfigs(client, topics, Object.keys(settings))
  return topics.flatMap((topic) =>
    Object.entries(settings)
      .map(([setting, to]) => ({ topic, setting, from: now.get(topic)?.get(setting), to }))
      .filter(({ from, to }) => from !== to),
  )
}

/** @throws PayflowError that says what the broker refused */
export async function applyConfigure(client: Client, plan: readonly SettingChange[]): Promise<void> {
  for (const topic of new Set(plan.map((change) => change.topic))) {
    const own = plan.filter((change) => change.topic === topic)
    try {
      await alterTopicConfig(client, topic, Object.fromEntries(own.map(({ setting, to }) => [setting, to])))
    } catch (error) {
      const wanted = own.map(({ setting, to }) => `${setting}=${to}`).join(', ')
      throw new PayflowError('TOPIC_NOT_CONFIGURED', `${topic} does not take ${wanted}: ${messageOf(error)}`, {
        kind: 'failed',
        hint: "correct the setting's name and value; changing settings needs the right to AlterConfigs",
        cause: error,
      })
    }
  }
}

export const describeConfigure = (plan: readonly SettingChange[]): string[] =>
  plan.map(({ topic, setting, from, to }) => `${topic}: ${setting} ${from ?? 'unset'} → ${to}`)
