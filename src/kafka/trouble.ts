import { z } from 'zod'
import { resourceTypes, grantHint, missingRightText } from './rights.ts'

const rightSchema = z.object({
  operation: z.string(),
  resource: z.enum(resourceTypes),
  names: z.array(z.string()).readonly(),
})

/** What keeps somebody from getting on, as far as errors and the brokers tell. */
export const troubleSchema = z.discriminatedUnion('code', [
  z.object({
    code: z.literal('foreign-group-member'),
    group: z.string(),
    protocolType: z.string(),
    /** Empty while the group has not agreed on one. */
    protocol: z.string(),
    members: z.array(z.object({ memberId: z.string(), clientId: z.string(), host: z.string() })),
  }),
  z.object({
    code: z.literal('internal-topic-not-creatable'),
    topic: z.string(),
    /** The broker's setting, and what it says. */
    setting: z.string(),
    replicationFactor: z.number(),
    brokers: z.number(),
  }),
  z.object({
    code: z.literal('not-enough-replicas'),
    topic: z.string(),
    partition: z.number(),
    minInsyncReplicas: z.number(),
    /** Broker ids. */
    inSync: z.array(z.number()),
    replicas: z.array(z.number()),
  }),
  z.object({ code: z.literal('no-leader'), topic: z.string(), partitions: z.array(z.number()), replicas: z.array(z.number()) }), // prettier-ignore
  z.object({ code: z.literal('not-authorized'), right: rightSchema }),
  z.object({ code: z.literal('connection'), brokers: z.array(z.string()), error: z.string() }),
  z.object({ code: z.literal('refused'), error: z.string(), hint: z.string().optional() }),
])
export type Trouble = Readonly<z.infer<typeof troubleSchema>>

/** The setting that creates an internal topic, by the topic. */
export const internalTopicSettings = {
  __consumer_offsets: 'offsets.topic.replication.factor',
  __transaction_state: 'transaction.state.log.replication.factor',
} as const
const minimumSettings: Readonly<Record<string, string>> = {
  __transaction_state: 'transaction.state.log.min.isr',
  __consumer_offsets: 'min.insync.replicas',
}

/** One line what is wrong, one what to do about it. */
export function troubleText(trouble: Trouble): { message: string; hint: string } {
  switch (trouble.code) {
    case 'foreign-group-member': {
      const { group, protocol, protocolType, members } = trouble
      const speaks = [protocol, protocolType !== 'consumer' && protocolType].filter(Boolean).join(', protocol type ')
      const who = members
        .map(({ clientId, memberId, host }) => `${clientId} at ${host} (member ${memberId})`)
        .join(', ')
      return {
        message: `The consumer group ${group} has members that are ${protocol.startsWith('payflow-') ? 'workers of another version of payflow' : 'not payflow workers'}: ${who || 'unknown'}${speaks && `, with the protocol ${speaks}`}`,
        hint: 'end that consumer, or give it another group id: payflow joins as soon as it has left',
      }
    }
    case 'internal-topic-not-creatable': {
      const { topic, setting, replicationFactor, brokers } = trouble
      return {
        message: `The brokers cannot create ${topic}: ${setting} is ${replicationFactor}, and there ${brokers === 1 ? 'is 1 broker' : `are ${brokers} brokers`}`,
        hint: `start ${replicationFactor} brokers, or set ${setting}=${brokers} on the brokers and restart them`,
      }
    }
    case 'not-enough-replicas': {
      const { topic, partition, minInsyncReplicas, inSync, replicas } = trouble
      const setting = minimumSettings[topic] ?? 'min.insync.replicas'
      return {
        message: `${topic}/${partition} takes no writes: ${setting} is ${minInsyncReplicas}, and in sync ${inSync.length === 1 ? 'is broker' : 'are brokers'} ${inSync.join(', ') || 'none'} of its replicas ${replicas.join(', ')}`,
        hint:
          replicas.length < minInsyncReplicas
            ? `it has ${replicas.length === 1 ? '1 replica' : `${replicas.length} replicas`}: lower ${setting} of ${topic}, or give it more replicas`
            : 'bring the brokers of its other replicas back (`payflow infra status`)',
      }
    }
    case 'no-leader': {
      const { topic, partitions, replicas } = trouble
      return {
        message: `${topic} has no leader for ${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')}`,
        hint: `bring back a broker that has a replica in sync (${replicas.join(', ')}); see \`payflow infra status\``,
      }
    }
    case 'not-authorized':
      return { message: missingRightText(trouble.right), hint: grantHint(trouble.right) }
    case 'connection':
      return {
        message: `No answer from ${trouble.brokers.join(', ') || 'the brokers'}: ${trouble.error}`,
        hint: 'see `payflow infra status`',
      }
    case 'refused':
      return { message: trouble.error, hint: trouble.hint ?? 'see what the broker says with `payflow infra logs`' }
  }
}

/** Whether the same is wrong, whatever else the two tell. */
export const isSameTrouble = (a: Trouble, b: Trouble): boolean => troubleText(a).message === troubleText(b).message
