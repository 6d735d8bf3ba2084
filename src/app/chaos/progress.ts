import { pause } from '../../pause.ts'
import { PayflowError, messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { committedOffsets, listOffsets, type OffsetMap } from '../../kafka/offsets.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { untilDone } from '../monitor/until-done.ts'
import type { Position, StallTracker } from './stalls.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

const INTERVAL_MS = 250
const LOOK_MS = 250
/** After this long without progress, assume that it will not recover. */
const PATIENCE_MS = 60_000

type Inputs = ReadonlyMap<AnyWorker, readonly TopicPartition[]>

/** Looks at the workers' committed offsets again and again, and tells the tracker, until `signal` is aborted. */
export async function watchProgress(
  client: Client,
  workers: readonly AnyWorker[],
  tracker: StallTracker,
  signal: AbortSignal,
): Promise<void> {
  let inputs: Inputs | undefined
  while (!signal.aborted) {
    try {
      inputs ??= await inputsOf(client, workers)
      const positions = await positionsOf(client, inputs)
      tracker.observe(performance.now(), positions)
    } catch (error) {
      // brokers are away: the next look may find them
      lookFailed(client, error)
    }
    await pause(INTERVAL_MS, signal)
  }
  tracker.finish(performance.now())
}

/**
 * Returns when every worker has committed what lies in its inputs now, and what the others made of it.
 * @throws PayflowError (failed) when nothing has moved for a minute
 */
export async function catchUp(client: Client, workers: readonly AnyWorker[], signal: AbortSignal): Promise<void> {
  // one worker may feed another: as many rounds as the longest chain can have links
  for (let round = 0; round < workers.length; round++) {
    let targets: ReadonlyMap<string, number> | undefined
    const behind = (positions: readonly Position[]): Position[] =>
      positions.filter((position) => position.committed < (targets?.get(keyOf(position)) ?? 0))
    await untilDone({
      look: () => look(client, workers).catch((error: unknown) => lookFailed(client, error)),
      isDone: (positions) => {
        targets ??= new Map(positions.map((position) => [keyOf(position), position.end]))
        return behind(positions).length === 0
      },
      progressOf: (positions) => JSON.stringify(positions.map(({ committed }) => committed)),
      stuck: (last) => notRecovered(last && behind(last)),
      ...{ patienceMs: PATIENCE_MS, intervalMs: LOOK_MS, signal },
    })
  }
}

const lookFailed = (client: Client, error: unknown): undefined => {
  client.options.log?.('debug', 'progress-unknown', { error: messageOf(error) })
}

const look = async (client: Client, workers: readonly AnyWorker[]): Promise<Position[]> =>
  positionsOf(client, await inputsOf(client, workers))

async function inputsOf(client: Client, workers: readonly AnyWorker[]): Promise<Inputs> {
  const connection = client.shared
  const inputs = new Map<AnyWorker, TopicPartition[]>()
  for (const worker of workers) {
    const mine: TopicPartition[] = []
    for (const { name: topic } of Object.values(worker.inputs)) {
      const count = await connection.partitions(topic)
      for (let partition = 0; partition < count; partition++) mine.push({ topic, partition })
    }
    inputs.set(worker, mine)
  }
  return inputs
}

async function positionsOf(client: Client, inputs: Inputs): Promise<Position[]> {
  const connection = client.shared
  const ends = await listOffsets(connection, [...inputs.values()].flat(), 'stable')
  const groups = await Promise.all(
    [...inputs].map(async ([{ name: worker }, partitions]) => {
      const committed: OffsetMap = await committedOffsets(connection, groupOf(worker), partitions)
      return partitions.map(({ topic, partition }) => ({
        ...{ worker, topic, partition },
        committed: committed.of(topic, partition) ?? 0,
        end: ends.of(topic, partition) ?? 0,
      }))
    }),
  )
  return groups.flat()
}

const keyOf = ({ worker, topic, partition }: Position): string => `${worker} ${topic}/${partition}`

function notRecovered(behind: readonly Position[] | undefined): PayflowError {
  const where = behind?.map((position) => `${keyOf(position)} at ${position.committed} of ${position.end}`)
  return new PayflowError(
    'NOT_RECOVERED',
    `Nothing has been committed for ${PATIENCE_MS / 1000} s: ${where?.join(', ') ?? 'the brokers do not answer'}`,
    {
      kind: 'failed',
      hint: 'look at the workers with `payflow groups list`, and at the brokers with `payflow infra logs`',
    },
  )
}
