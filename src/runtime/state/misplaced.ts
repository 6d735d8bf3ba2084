import { PayflowError } from '../../errors.ts'
import { partitionOf } from '../../kafka/partitioner.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import { isCustom, spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { statesByKey } from '../../pipeline/worker/placement.ts'
import { definedKey } from '../../pipeline/worker/several-states.ts'
import type { StateStore } from '../../pipeline/worker/state.ts'

/**
 * State that was kept by another rule, as an earlier definition had it: its records would go elsewhere from now on, and each partition would count
 * a part. Only where the key itself says where a state lies can that be seen.
 * @throws PayflowError
 */
export function refuseMisplaced(
  worker: AnyWorker,
  state: Pick<StateStore, 'keys'>,
  { partition, partitions }: { partition: number; partitions: number },
): void {
  const byKey = isCustom(worker) ? statesByKey(worker) : undefined
  if (!byKey || byKey.size === 0) return
  for (const stored of state.keys()) {
    const { name, key } = definedKey(worker, stored)
    const home = partitionOf(key, partitions)
    if (home === partition || !byKey.has(name)) continue
    throw new PayflowError('STATE_MISPLACED', `${stateTopic(worker.name)}/${partition} holds the state of ${JSON.stringify(key)}, which belongs to partition ${home}: it was kept by another rule`, {
      kind: 'failed',
      hint: `rebuild it with \`payflow worker reset ${spelledAs(worker)}\`, or say in partitionBy by what it was kept`,
    }) // prettier-ignore
  }
}
