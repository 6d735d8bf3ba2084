import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { firingIn } from '../../runtime/state/firing.ts'
import { untilDone } from '../monitor/until-done.ts'
import { decided, patientOffsets } from './decided.ts'

const PATIENCE_MS = 5_000
const LOOK_MS = 250

/**
 * Returns when all timers have fired that records processed by now made due: many take several transactions, and until the last of them outputs
 * are missing that the committed offsets call for. @throws PayflowError when nobody fires them
 */
export async function timersFired(client: Client, worker: AnyWorker, signal: AbortSignal): Promise<void> {
  if (!worker.onTime) return
  const topic = stateTopic(worker.name)
  const partitions = Array.from({ length: await client.shared.partitions(topic) }, (_, partition) => partition)
  const changelog = partitions.map((partition) => ({ topic, partition }))
  await untilDone({
    look: async () => {
      await decided(client, changelog, await patientOffsets(client, changelog, 'latest', signal), signal)
      return firingIn(client.shared, worker, partitions, signal)
    },
    isDone: (firing) => firing.size === 0,
    progressOf: (firing) => JSON.stringify([...firing]),
    patienceMs: PATIENCE_MS,
    intervalMs: LOOK_MS,
    stuck: () => stopped(worker),
    signal,
  })
}

const stopped = ({ name }: AnyWorker): PayflowError =>
  new PayflowError('TIMERS_DUE', `${name} was stopped while many timers fired, and some that are due have not: what it must have written is not known`, { kind: 'failed', hint: `let it go on with \`payflow worker ${name} --until-caught-up\`, and run the audit again` }) // prettier-ignore
