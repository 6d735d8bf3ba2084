import type { Check, CheckFinding } from '../check.ts'
import { counted } from '../counted.ts'
import type { Client } from './client.ts'
import { ongoingReassignments, type Reassignment } from './reassignment.ts'
import { brokerDisks } from './replica-sizes.ts'
import { findThrottle } from './throttle.ts'
import type { TopicMetadata } from './transport.ts'

type Partition = TopicMetadata['partitionMetadata'][number] & { readonly topic: string }

const SHOWN = 6
const named = (partitions: readonly Partition[]): string => {
  const all = partitions.map(({ topic, partitionId }) => `${topic}/${partitionId}`)
  return all.length > SHOWN ? `${all.slice(0, SHOWN).join(', ')} and ${all.length - SHOWN} more` : all.join(', ')
}
const topicsOf = (partitions: readonly Partition[]): string => [...new Set(partitions.map(({ topic }) => topic))].join(' ') // prettier-ignore
const places = ({ topic, partitionId, leader, replicas, isr }: Partition): string =>
  `${topic}/${partitionId}: leader ${leader < 0 ? 'none' : leader}, replicas ${replicas.join(',')}, in sync ${isr.join(',') || 'none'}`

/** What the cluster's metadata say of leaders and replicas. A pure function of them. */
export function judgePartitions(topics: readonly TopicMetadata[], brokers: readonly number[]): CheckFinding[] {
  const all = topics.flatMap(({ topic, partitionMetadata }) => partitionMetadata.map((at) => ({ ...at, topic })))
  const up = new Set(brokers)
  const headless = all.filter(({ leader }) => leader < 0)
  const short = all.filter(({ leader, isr, replicas }) => leader >= 0 && isr.length < replicas.length)
  const moved = all.filter(({ leader, replicas, isr }) => leader >= 0 && leader !== replicas[0] && up.has(replicas[0]!) && isr.includes(replicas[0]!)) // prettier-ignore
  const away = [...new Set([...headless, ...short].flatMap(({ replicas }) => replicas))].filter((id) => !up.has(id))
  const start = away.length > 0 ? `start broker ${away.sort((a, b) => a - b).join(', ')} again (\`payflow infra up\` starts payflow's own)` : "see the brokers' logs: `payflow infra logs`" // prettier-ignore
  const evidence = (partitions: readonly Partition[]): string[] => partitions.slice(0, SHOWN).map(places)
  return [
    ...(headless.length > 0 ? [{ severity: 'error', what: `Nobody leads ${named(headless)}: it can be neither read nor written`, evidence: evidence(headless), hint: start } as const] : []), // prettier-ignore
    ...(short.length > 0 ? [{ severity: 'warning', what: `Not all replicas are in sync: ${named(short)}`, evidence: evidence(short), hint: start } as const] : []), // prettier-ignore
    ...(moved.length > 0 ? [{ severity: 'warning', what: `Another than the preferred replica leads ${named(moved)}: load is not shared as it was meant`, evidence: evidence(moved), hint: `\`payflow topics elect-leaders ${topicsOf(moved)}\`` } as const] : []), // prettier-ignore
  ]
}

/** Leaders and replicas of all topics, and what a reassignment may have left. */
export async function checkPartitions(client: Client): Promise<Check> {
  const { brokers, topicMetadata } = await client.shared.metadata('all')
  const ids = brokers.map(({ nodeId }) => nodeId)
  const names = topicMetadata.map(({ topic }) => topic)
  const count = topicMetadata.reduce((sum, { partitionMetadata }) => sum + partitionMetadata.length, 0)
  const moving = await ongoingReassignments(client.shared).catch(() => []) // older brokers, or a right that is missing
  return {
    name: 'partitions',
    summary: `${counted(ids.length, 'broker')}, ${counted(names.length, 'topic')}, ${counted(count, 'partition')}`,
    findings: [
      ...judgePartitions(settledOf(topicMetadata, moving), ids),
      ...(await reassignmentFindings(client, names, moving)),
    ],
  }
}

/** Without replicas that are still being copied: they are not in sync because they are new. */
const settledOf = (topics: readonly TopicMetadata[], moving: readonly Reassignment[]): TopicMetadata[] =>
  topics.map(({ partitionMetadata, ...topic }) => ({
    ...topic,
    partitionMetadata: partitionMetadata.map((partition) => {
      const found = moving.find((each) => each.topic === topic.topic && each.partition === partition.partitionId)
      return found
        ? { ...partition, replicas: partition.replicas.filter((id) => !found.adding.includes(id)) }
        : partition
    }),
  }))

async function reassignmentFindings(
  client: Client,
  topics: readonly string[],
  moving: readonly Reassignment[],
): Promise<CheckFinding[]> {
  const throttle = await findThrottle(client, topics)
  const throttled = throttle.brokers.length > 0 || throttle.topics.length > 0
  const limits = [
    ...(throttle.brokers.length > 0 ? [`broker ${throttle.brokers.join(', ')} has a rate`] : []),
    ...(throttle.topics.length > 0 ? [`replicas of ${throttle.topics.join(', ')} are listed`] : []),
  ]
  if (moving.length > 0)
    return [
      {
        severity: 'warning',
        what: `${moving.length} partitions are being moved`,
        evidence: [...moving.slice(0, SHOWN).map(({ topic, partition, adding, removing }) => `${topic}/${partition}: to ${adding.join(',') || 'nobody new'}, away from ${removing.join(',') || 'nobody'}`), ...limits], // prettier-ignore
        hint: 'follow it to its end with `payflow topics reassign --watch`, or undo it with `payflow topics reassign --cancel`',
      },
    ]
  if (!throttled) return []
  const what = 'Replication is throttled, and nothing is being moved: what a reassignment left limits every replica that catches up' // prettier-ignore
  return [{ severity: 'warning', what, evidence: limits, hint: 'remove it with `payflow topics reassign --watch`' }]
}

const GIB = 1 << 30

/** The brokers' own disks, as far as they tell (Kafka 3.3). */
export async function checkDisks(client: Client): Promise<Check> {
  const disks = await brokerDisks(client)
  const findings: CheckFinding[] = []
  const shown: string[] = []
  for (const { nodeId, directories } of disks)
    for (const { path, errorCode, totalBytes, usableBytes } of directories) {
      if (errorCode !== 0)
        findings.push({ severity: 'error', what: `Broker ${nodeId} cannot use ${path}`, evidence: [`error code ${errorCode}`], hint: "mend its disk, then restart it; see its log with `payflow infra logs`" }) // prettier-ignore
      if (totalBytes === undefined || usableBytes === undefined) continue
      const free = `${(usableBytes / GIB).toFixed(1)} of ${(totalBytes / GIB).toFixed(1)} GiB free at ${path}`
      shown.push(`broker ${nodeId}: ${free}`)
      if (usableBytes < GIB || usableBytes < totalBytes * 0.05)
        findings.push({ severity: usableBytes < GIB / 4 ? 'error' : 'warning', what: `The disk of broker ${nodeId} is nearly full`, evidence: [free], hint: 'make room, or shorten what topics keep: `payflow topics configure <topic> retention.ms=86400000`' }) // prettier-ignore
    }
  const unknown = shown.length === 0
  return { name: 'broker disks', summary: unknown ? 'not known: the brokers do not tell' : shown.join('; '), findings, ...(unknown && { unknown }) } // prettier-ignore
}
