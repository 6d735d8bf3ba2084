import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { MoveProgress } from '../../app/placement/reassign.ts'
import { PayflowError } from '../../errors.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { formatNumber } from '../shell/format-number.ts'
import { table } from '../shell/output.ts'
import { bytes, count } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

export function registerReassign(topics: Command, world: World): void {
  const reassign = topics
    .command('reassign')
    .argument('[topics...]', "which; payflow's and Kafka's own without any")
    .option('--to-brokers <ids>', 'brokers that are to hold them, such as 0,1,2; all of them by default', brokerIds)
    .option('--replication-factor <n>', 'replicas of each partition; as many as there are by default', count)
    .option('--throttle <rate>', 'what each broker may copy a second, such as 20MB; no limit by default', bytes)
    .option('--watch', 'follow what is being moved to its end, and remove its throttle')
    .option('--cancel', 'undo what is being moved, and remove its throttle')
    .option('--dry-run', 'only show what would be moved')
    .option('-y, --yes', 'do not ask')
    .description('spread partitions over brokers, and follow that to its end')
    .action(action(world, run))
  examples(
    reassign,
    'payflow topics reassign --dry-run',
    'payflow topics reassign --replication-factor 3 --throttle 20MB --yes',
    'payflow topics reassign orders payments --to-brokers 1,2,3',
    'payflow topics reassign --cancel',
  )
}

function brokerIds(text: string): number[] {
  if (!/^\d+(,\d+)*$/.test(text)) throw new InvalidArgumentError('Allowed: ids of brokers, such as 0,1,2.')
  return [...new Set(text.split(',').map(Number))]
}

interface Options {
  readonly toBrokers?: readonly number[]
  readonly replicationFactor?: number
  readonly throttle?: number
  readonly watch?: boolean
  readonly cancel?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

const size = (of: number): string => (of < 1e6 ? `${formatNumber(of / 1e3)} kB` : `${formatNumber(of / 1e6)} MB`)

function progressLine({ partitions, moved, copiedBytes, bytesPerSecond }: MoveProgress): string {
  const rate = bytesPerSecond === null ? '' : ` at ${size(bytesPerSecond)} a second`
  const copied = copiedBytes === null ? '' : `, ${size(copiedBytes)} copied${rate}`
  return `${moved} of ${partitions} partitions moved${copied}`
}

async function run(context: Context, options: Options, topics: readonly string[]): Promise<void> {
  const { settings, log } = context
  const { withCluster } = await import('../../app/cluster.ts')
  await withCluster(settings, log, async (client) => {
    if (options.watch || options.cancel) return finish(context, client, options)
    return move(context, client, options, topics)
  })
}

type Client = Parameters<Parameters<typeof import('../../app/cluster.ts').withCluster>[2]>[0]

async function move(context: Context, client: Client, options: Options, topics: readonly string[]): Promise<void> {
  const { settings, output, signal, world } = context
  const { chosenBrokers, readPlacement } = await import('../../app/placement/read.ts')
  const { bytesToCopy, planReassignment } = await import('../../app/placement/plan.ts')
  const { applyReassignment, refuseLeaderless, refuseWhileMoving } = await import('../../app/placement/reassign.ts')
  const { confirm } = await import('../shell/confirm.ts')
  const { toBrokers, replicationFactor, throttle, dryRun = false, yes = false } = options
  const { brokers, partitions } = await readPlacement(client, topics)
  await refuseWhileMoving(client, partitions, signal)
  const moves = planReassignment(partitions, { brokers: chosenBrokers(brokers, toBrokers), replicationFactor })
  const total = bytesToCopy(moves)
  const rows = moves.map(({ topic, partition, from, to, bytes: each }) => [topic, partition, from.join(','), to.join(','), each === null ? '?' : size(each)]) // prettier-ignore
  const show = (moved: boolean): void =>
    output.result(
      { moves, bytes: total, moved },
      () =>
      moves.length === 0
        ? ['every partition is where it should be']
        : [...table(['topic', 'partition', moved ? 'was on' : 'is on', moved ? 'is on' : 'would be on', 'to copy'], rows), '', `${moves.length} partitions, ${size(total)} to copy${throttle === undefined ? '' : `, ${size(throttle)} a second at most for each broker`}`], // prettier-ignore
    )
  if (dryRun || moves.length === 0) {
    show(false)
    return
  }
  refuseLeaderless(moves, partitions)
  const question = `Move ${moves.length} partitions (${size(total)}) at ${settings.brokers.join(', ')}?`
  await confirm(context, question, yes || !settings.brokersGiven)
  world.stopWith({ message: 'Undoing what has not been moved yet', outcome: 'interrupted' })
  if (throttle !== undefined)
    output.note('Should this process be killed, `payflow topics reassign --watch` removes the throttle')
  await applyReassignment(client, moves, { throttle, signal, report: progressLines((line) => output.note(line)) })
  show(true)
}

/** Bytes grow all the time: a line is worth it when a partition has arrived, or every few seconds. */
const LINE_EVERY_MS = 5_000

function progressLines(write: (line: string) => void): (progress: MoveProgress) => void {
  let last = { moved: -1, atMs: 0 }
  return (progress) => {
    if (progress.moved === last.moved && performance.now() - last.atMs < LINE_EVERY_MS) return
    last = { moved: progress.moved, atMs: performance.now() }
    write(progressLine(progress))
  }
}

async function finish({ world, settings, output, signal, ...context }: Context, client: Client, { watch, cancel, dryRun = false, yes = false }: Options): Promise<void> {
  const { finishReassignments, leftThrottle } = await import('../../app/placement/reassign.ts')
  const { ongoingReassignments } = await import('../../kafka/reassignment.ts')
  const { confirm } = await import('../shell/confirm.ts')
  if (watch && cancel) throw new PayflowError('USAGE', '--watch and --cancel exclude each other', { kind: 'usage', hint: 'give one of them' }) // prettier-ignore
  if (dryRun) {
    const [running, throttle] = [await ongoingReassignments(client.shared, signal), await leftThrottle(client)]
    output.result({ running, throttle }, () => [`${running.length} partitions are being moved; throttled: ${throttle.brokers.length} brokers, ${throttle.topics.length} topics`]) // prettier-ignore
    return
  }
  const question = `${cancel ? 'Undo what is being moved' : 'Remove the throttle once nothing is being moved'} at ${settings.brokers.join(', ')}?`
  await confirm({ world, settings, output, signal, ...context }, question, yes || !settings.brokersGiven)
  world.stopWith({ message: 'No longer watching: the brokers go on moving', outcome: 'interrupted' })
  const report = progressLines((line) => output.note(line))
  const { partitions, throttle } = await finishReassignments(client, { cancel: cancel === true, signal, report })
  const limits = throttle.brokers.length + throttle.topics.length > 0 ? 'the throttle is removed' : 'there was no throttle' // prettier-ignore
  output.result({ partitions, cancelled: cancel === true, throttle }, () => [
    `${partitions === 0 ? 'nothing was being moved' : partitions === 1 ? `1 partition ${cancel ? 'stays where it was' : 'is moved'}` : `${partitions} partitions ${cancel ? 'stay where they were' : 'are moved'}`}; ${limits}`,
  ])
} // prettier-ignore
