import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { PayflowError } from '../../errors.ts'
import type { Layout } from './layout.ts'

const shapeSchema = z.object({ nodes: z.int().min(1) })
const shapePath = (layout: Layout): string => join(layout.data, 'cluster.json')

function nodesOf(layout: Layout): number | undefined {
  if (!existsSync(shapePath(layout))) return undefined
  try {
    return shapeSchema.parse(JSON.parse(readFileSync(shapePath(layout), 'utf8'))).nodes
  } catch {
    return undefined
  }
}

/**
 * How many brokers the cluster has: as many as the data were written by. Fewer would leave partitions without a
 * broker; more would not hold what the internal topics promise.
 * @throws PayflowError (usage) when more are asked for
 */
export function agreeOnNodes(layout: Layout, wanted: number): number {
  const existing = nodesOf(layout)
  if (existing === undefined || existing === wanted) return wanted
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
  mkdirSync(layout.data, { recursive: true })
  writeFileSync(shapePath(layout), `${JSON.stringify({ nodes })}\n`)
}

export const removeData = (layout: Layout): void => rmSync(layout.data, { recursive: true, force: true })
