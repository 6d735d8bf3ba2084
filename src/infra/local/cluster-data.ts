import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { PayflowError, messageOf, systemCodeOf } from '../../errors.ts'
import { inconsistentData } from '../service-failure.ts'
import { brokerName, type Layout } from './layout.ts'

const shapeSchema = z.object({ nodes: z.int().min(1) })
/** Written once the cluster was up: from then on the data are somebody's. */
const shapePath = (layout: Layout): string => join(layout.data, 'cluster.json')

function nodesOf(layout: Layout): number | undefined {
  try {
    return shapeSchema.parse(JSON.parse(readFileSync(shapePath(layout), 'utf8'))).nodes
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT')
      layout.log('warn', 'cluster-size-unreadable', { path: shapePath(layout), error: messageOf(error) })
    return undefined
  }
}

/**
 * How many brokers the cluster has: as many as the data were written by. Fewer would leave partitions without a
 * broker; more would not hold what the internal topics promise.
 * @throws PayflowError: usage when more are asked for; infra when a part of the data is gone, which Kafka would take
 * for empty topics
 */
export function agreeOnNodes(layout: Layout, wanted: number): number {
  const existing = nodesOf(layout)
  if (existing === undefined) return wanted
  const parts = ['zookeeper', ...Array.from({ length: existing }, (_, id) => brokerName(id))]
  const missing = parts.filter((part) => !existsSync(join(layout.data, part)))
  if (missing.length > 0) throw inconsistentData(layout.data, `those of ${missing.join(', ')} were deleted`)
  if (wanted > existing)
    throw new PayflowError(
      'NODES_DIFFER',
      `The data in ${layout.data} belong to a cluster of ${existing} ${existing === 1 ? 'broker' : 'brokers'}, not ${wanted}`,
      {
        kind: 'usage',
        hint: '`payflow infra down --volumes` removes them; then `payflow infra up` can start another number',
      },
    )
  return existing
}

export function recordNodes(layout: Layout, nodes: number): void {
  if (nodesOf(layout) !== nodes) writeFileSync(shapePath(layout), `${JSON.stringify({ nodes })}\n`)
}

/** The topics of which this broker holds a partition, by its directories; without those that are being deleted. */
export function topicsOnDisk(layout: Layout, brokerId: number): string[] {
  const directory = join(layout.data, brokerName(brokerId))
  const names = existsSync(directory) ? readdirSync(directory) : []
  const topics = names.flatMap((name) => /^(.+)-\d+$/.exec(name)?.[1] ?? [])
  return [...new Set(topics)]
}

export const removeData = (layout: Layout): void => rmSync(layout.data, { recursive: true, force: true })
