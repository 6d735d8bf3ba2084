import type { Command } from 'commander'
import { formatTimestamp } from '../../pipeline/time.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { formatNumber } from '../shell/format-number.ts'
import { table } from '../shell/output.ts'
import type { World } from '../shell/world.ts'
import { definedWorker } from './named-workers.ts'
import type { KeyView, StateView } from '../../app/workers/state-view.ts'

interface Options {
  readonly help?: boolean
}

export function registerWorkerState(worker: Command, world: World): void {
  const state = worker
    .command('state')
    .helpOption('-h, --help', 'explain this command')
    .argument('[worker]', 'a worker, by its name or its file')
    .argument('[key]', 'a key of its state: what it holds')
    .description('what the state of a worker holds, read from its changelog')
  state.action(action(world, (context, options: Options, names) => run(context, options, names, state)))
  examples(
    state,
    'payflow worker state aggregated-revenue',
    'payflow worker state aggregated-revenue 42',
    'payflow worker state ./my-worker.js EUR --json',
    'payflow worker state my-worker EUR',
  )
}

async function run(context: Context, options: Options, names: readonly string[], command: Command): Promise<void> {
  // `worker` reads --help itself, because it loads its workers for it.
  if (options.help) {
    command.outputHelp()
    return
  }
  const { settings, output, signal, log, world } = context
  const [name, key] = names
  const defined = await definedWorker(name, world)
  const { withCluster } = await import('../../app/cluster.ts')
  const { viewState } = await import('../../app/workers/state-view.ts')
  const { workerOnCluster } = await import('../../app/workers/on-cluster.ts')
  const { stateDirectoryOf } = await import('../../app/workers/state-room.ts')
  const view = await withCluster(
    settings,
    log,
    async (client) =>
    viewState(client, defined ?? (await workerOnCluster(client, name!)), { key, directory: stateDirectoryOf(settings), signal }), // prettier-ignore
  )
  output.result(view, () => (view.found ? keyLines(view, key!) : stateLines(view)))
  if (!view.timersKnown && !view.found) output.note('timers follow from its definition: name its file to see them')
}

function keyLines({ worker, found = [] }: StateView, key: string): string[] {
  if (found.length === 0) return [`${worker} holds nothing for ${key}`]
  return found.flatMap((view) => [titleOf(view), JSON.stringify(view.value, undefined, 2)])
}

function titleOf({ key, state, partition, offset, writtenAt, due }: KeyView): string {
  const when = writtenAt === null ? '' : `, written at ${writtenAt}`
  const timer = due === null ? '' : `, timer at ${timeText(due)}`
  return `${state === '' ? key : `${state} ${key}`}: partition ${partition}, offset ${offset} of the changelog${when}${timer}` // prettier-ignore
}

function stateLines({ partitions, keys, bytes, oldestTimer, topic, timersKnown }: StateView): string[] {
  const timer = (at: number | null): string => (at !== null ? timeText(at) : timersKnown ? '-' : '?')
  const rows = partitions.map((view) => [
    view.partition,
    formatNumber(view.keys),
    formatNumber(view.bytes),
    timer(view.oldestTimer),
    view.onDisk.map(({ path, bytes: size }) => `${path} (${formatNumber(size)} bytes)`).join(', ') || 'memory',
  ])
  const all = ['all', formatNumber(keys), formatNumber(bytes), timer(oldestTimer), topic]
  return table(['partition', 'keys', 'bytes', 'oldest timer', 'kept in'], [...rows, all])
}

const timeText = (ms: number): string => (Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? formatTimestamp(ms) : String(ms)) // prettier-ignore
