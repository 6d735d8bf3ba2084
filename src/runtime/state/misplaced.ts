import { PayflowError } from '../../errors.ts'
import { partitionOf } from '../../kafka/partitioner.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import { isCustom, spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { statesByKey } from '../../pipeline/worker/placement.ts'
import { definedKey } from '../../pipeline/worker/several-states.ts'
import type { TaskState } from './task-state.ts'

/**
 * State that was kept by another rule, as an earlier definition had it: its records would go elsewhere from now on, and each partition would count
 * a part. Only where the key itself says where a state lies can that be seen.
 * @throws PayflowError
 */
export async function refuseMisplaced(
  worker: AnyWorker,
  state: Pick<TaskState, 'keysInPortions'>,
  { partition, partitions, onPortion }: { partition: number; partitions: number; onPortion?: () => void },
): Promise<void> {
  const byKey = isCustom(worker) ? statesByKey(worker) : undefined
  if (!byKey || byKey.size === 0) return
  for await (const portion of state.keysInPortions()) {
    onPortion?.()
    for (const stored of portion) refuse(worker, byKey, stored, { partition, partitions })
  }
}

function refuse(
  worker: AnyWorker,
  byKey: ReadonlySet<string>,
  stored: string,
  { partition, partitions }: { partition: number; partitions: number },
): void {
  const { name, key } = definedKey(worker, stored)
  const home = partitionOf(key, partitions)
  if (home === partition || !byKey.has(name)) return
  throw new PayflowError('STATE_MISPLACED', `${stateTopic(worker.name)}/${partition} holds the state of ${JSON.stringify(key)}, which belongs to partition ${home}: it was kept by another rule`, {
      kind: 'failed',
      hint: `rebuild it with \`payflow worker reset ${spelledAs(worker)}\`, or say in partitionBy by what it was kept`,
    }) // prettier-ignore
}
