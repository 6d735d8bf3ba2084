import type { Check, CheckFinding } from '../../check.ts'
import { messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listGroups, type GroupInfo } from '../../kafka/groups.ts'
import { OffsetMap, allCommittedOffsets, committedOffsets, listOffsets } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { topicIdentities } from '../../kafka/topic-identity.ts'
import { groupOf, inboxTopic, isPayflowGroup } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { refused } from '../../runtime/task/position-errors.ts'
import { decide } from '../../runtime/task/position-table.ts'
import { namesOf } from '../../runtime/task/positions.ts'
import { ownProgress } from '../group-reset/own-progress.ts'

const patience = { timeoutMs: 5_000 }

/** Groups, and where each of those that nobody is in would go on: a worker by its own table, another by what its topics still hold. */
export async function checkGroups(client: Client, workers: readonly AnyWorker[], signal: AbortSignal): Promise<Check> {
  const missing: string[] = []
  const groups = await listGroups(client, undefined, { onMissing: (what) => missing.push(what) })
  const idle = groups.filter(({ members, type }) => members === 0 && type !== 'share')
  const findings: CheckFinding[] = []
  const unknown: string[] = []
  for (const { group } of idle)
    try {
      const worker = workers.find(({ name }) => groupOf(name) === group)
      if (worker) findings.push(...(await ofWorker(client, worker, signal)))
      else if (!isPayflowGroup(group)) findings.push(...(await ofOthers(client, group)))
    } catch (error) {
      unknown.push(`; of ${group} it is not known: ${messageOf(error)}`)
    }
  if (missing.length > 0)
    findings.push({ severity: 'error', what: 'Not all groups can be listed', evidence: missing, hint: 'start the brokers that are away; see `payflow infra status`' }) // prettier-ignore
  return { name: 'groups', summary: `${counted(groups)}${unknown.join('')}`, findings }
}

function counted(groups: readonly GroupInfo[]): string {
  const active = groups.filter(({ members }) => members !== 0)
  return groups.length === 0 ? 'none' : `${groups.length}, ${active.length} of them with members`
}

/** Why a worker would not start, partition by partition. */
async function ofWorker(client: Client, worker: AnyWorker, signal: AbortSignal): Promise<CheckFinding[]> {
  const group = groupOf(worker.name)
  const topics = [inboxTopic(worker.name), ...Object.values(worker.inputs).map(({ name }) => name)]
  const there = await topicIdentities(client.shared, topics)
  const partitions = [...there].flatMap(([topic, { partitions: count }]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  const committed = await retrying(() => committedOffsets(client.shared, group, partitions, { stable: true }), patience)
  const own = await ownProgress(client, worker, partitions, signal)
  return partitions.flatMap((at): CheckFinding[] => {
    const known = own.standings.get(OffsetMap.keyOf(at.topic, at.partition))
    if (!known) return []
    const standing = { ...known, committed: committed.of(at.topic, at.partition) }
    const decision = decide(standing)
    if (!('refusal' in decision)) return []
    const { message, hint } = refused(decision.refusal, decision.at, standing, namesOf(worker, at))
    const evidence = [`${at.topic}/${at.partition} holds ${standing.start} to ${standing.end}; the group's offset is ${standing.committed ?? 'none'}, its progress record says ${standing.recorded ?? 'nothing'}`] // prettier-ignore
    return [{ severity: 'error', what: `${worker.name} will not start: ${message}`, evidence, hint: hint ?? '' }]
  })
}

/** Where a group of somebody else's stands before what retention has left, or behind the end. */
async function ofOthers(client: Client, group: string): Promise<CheckFinding[]> {
  const offsets = await retrying(() => allCommittedOffsets(client.shared, group), patience)
  const there = await topicIdentities(client.shared, offsets.map(({ topic }) => topic)) // prettier-ignore
  const known = offsets.filter(({ topic, partition }) => partition < (there.get(topic)?.partitions ?? 0))
  if (known.length === 0) return []
  const [starts, ends] = await retrying(() => Promise.all([listOffsets(client.shared, known, 'earliest'), listOffsets(client.shared, known, 'latest')]), patience) // prettier-ignore
  return known.flatMap(({ topic, partition, offset: committed }): CheckFinding[] => {
    const [start, end] = [starts.of(topic, partition) ?? 0, ends.of(topic, partition) ?? 0]
    if (committed >= start && committed <= end) return []
    const lost =
      committed < start
        ? `${start - committed} offsets were deleted before it read them`
        : 'the topic was created again'
    return [
      {
        severity: 'warning',
        what: `${group} stands at offset ${committed} of ${topic}/${partition}, which is not there: ${lost}`,
        evidence: [`${topic}/${partition} holds ${start} to ${end}`],
        hint: `go on with what is left: \`payflow groups reset ${group} --topic ${topic} --partition ${partition} --to start --yes\``, // prettier-ignore
      },
    ]
  })
}
