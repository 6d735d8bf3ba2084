import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { PayflowError, messageOf, systemCodeOf } from '../../errors.ts'
import { inconsistentData, removalOf } from '../service-failure.ts'
import { brokerName, type Layout } from './layout.ts'

const shapeSchema = z.object({ nodes: z.int().min(1) })
/** With ZooKeeper written once the cluster was up, for Kafka 4 when its storage is formatted: from then on the data are somebody's. */
const shapePath = (data: string): string => join(data, 'cluster.json')

function nodesOf({ data, log }: Layout): number | undefined {
  try {
    return shapeSchema.parse(JSON.parse(readFileSync(shapePath(data), 'utf8'))).nodes
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT')
      log('warn', 'cluster-size-unreadable', { path: shapePath(data), error: messageOf(error) })
    return undefined
  }
}

export const hasData = ({ data }: Layout): boolean => existsSync(data) && readdirSync(data).length > 0

/**
 * How many brokers the cluster has: as many as the data were written by. Fewer would leave partitions without a
 * broker; more would not hold what the internal topics promise.
 * @throws PayflowError: usage when more are asked for; infra when a part of the data is gone, which Kafka would take
 * for empty topics
 */
export function agreeOnNodes(layout: Layout, wanted: number): number {
  const { data, kafka } = layout
  const existing = nodesOf(layout)
  if (existing === undefined) {
    if (kafka === '4' && hasData(layout)) throw inconsistentData(data, 'cluster.json was deleted', kafka)
    return wanted
  }
  const brokers = Array.from({ length: existing }, (_, id) => brokerName(id))
  const parts = kafka === '4' ? brokers : ['zookeeper', ...brokers]
  const missing = parts.filter((part) => !existsSync(join(data, part)))
  if (missing.length > 0) throw inconsistentData(data, `those of ${missing.join(', ')} were deleted`, kafka)
  if (wanted > existing)
    throw new PayflowError(
      'NODES_DIFFER',
      `The data in ${data} belong to a cluster of ${existing} ${existing === 1 ? 'broker' : 'brokers'}, not ${wanted}`,
      { kind: 'usage', hint: `${removalOf(kafka)} removes them; then \`payflow infra up\` can start another number` },
    )
  return existing
}

/** In `data`, which need not be the layout's own yet. */
export const writeShape = (data: string, nodes: number): void =>
  writeFileSync(shapePath(data), `${JSON.stringify({ nodes })}\n`)

export function recordNodes(layout: Layout, nodes: number): void {
  if (nodesOf(layout) !== nodes) writeShape(layout.data, nodes)
}

/** The topics of which this broker holds a partition, by its directories; without those that are being deleted, and without KRaft's own. */
export function topicsOnDisk(layout: Layout, brokerId: number): string[] {
  const directory = join(layout.data, brokerName(brokerId))
  const names = existsSync(directory) ? readdirSync(directory) : []
  const topics = names.flatMap((name) => /^(.+)-\d+$/.exec(name)?.[1] ?? [])
  return [...new Set(topics)].filter((name) => name !== '__cluster_metadata')
}

/** What begins so, beside the data, is storage that is being formatted. */
export const draftPrefix = ({ data }: Layout): string => `${data}.formatting-`

/** Left behind by a start that was killed. Callers hold the lock, so nobody is formatting now. */
export function removeDrafts(layout: Layout): void {
  if (!existsSync(layout.home)) return
  const prefix = draftPrefix(layout)
  for (const name of readdirSync(dirname(prefix)))
    if (name.startsWith(basename(prefix))) rmSync(join(dirname(prefix), name), { recursive: true, force: true })
}

export const removeData = (layout: Layout): void => rmSync(layout.data, { recursive: true, force: true })
