import type { Command } from 'commander'
import type { LetterFilter } from '../../app/dead-letters/dead-letter.ts'
import type { ReplayPlan } from '../../app/dead-letters/replay-plan.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { lineWidth, table } from '../shell/output.ts'
import { count } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

const SHOWN = 50

export function registerDeadLetters(program: Command, world: World): void {
  const group = program.command('dead-letters').description('what workers refused: inspect it, hand it over again')
  examples(group, 'payflow dead-letters list', 'payflow dead-letters replay --all --dry-run')
  const filtered = (command: Command): Command =>
    command
      .option('--worker <name>', 'of this worker')
      .option('--topic <name>', 'that came from this topic')
      .option('--reason <text>', 'whose reason contains this text')
  const list = filtered(group.command('list').description('dead letters, newest last, and how often each reason comes'))
    .option('-n, --lines <n>', `only the newest n (${SHOWN}; with --json all)`, count)
    .action(action(world, runList))
  examples(list, 'payflow dead-letters list', 'payflow dead-letters list --worker large-orders --reason amount --json')
  const show = group
    .command('show')
    .argument('<id>', 'its partition and offset in dead_letters, as list prints it')
    .description('one dead letter in full, with what is wrong in it marked')
    .action(action(world, runShow))
  examples(show, 'payflow dead-letters show 0:17', 'payflow dead-letters show 0:17 --json')
  const replay = filtered(group.command('replay'))
    .argument('[id...]', 'which ones; or use --worker, --topic, --reason or --all')
    .description('hand dead letters to the inbox of the worker that refused them: no other worker sees them')
    .option('--all', 'every dead letter')
    .option('--force', 'even what was already replayed, or has failed three times')
    .option('--dry-run', 'only show what would be done')
    .option('-y, --yes', 'do not ask')
    .action(action(world, runReplay))
  examples(
    replay,
    'payflow dead-letters replay 0:17 2:4',
    'payflow dead-letters replay --worker large-orders --reason "not JSON" --dry-run',
    'payflow dead-letters replay --all --yes',
  )
}

interface FilterOptions {
  readonly worker?: string
  readonly topic?: string
  readonly reason?: string
}

const filterOf = ({ worker, topic, reason }: FilterOptions): LetterFilter => ({
  ...(worker !== undefined && { worker }),
  ...(topic !== undefined && { topic }),
  ...(reason !== undefined && { reason }),
})

async function runList({ settings, output, signal, log }: Context, options: FilterOptions & { lines?: number }) {
  const { withCluster } = await import('../../app/cluster.ts')
  const { ReasonCounts, deadLetters } = await import('../../app/dead-letters/list.ts')
  const { letterDocument, letterRow, letterHead } = await import('../views/dead-letter-rows.ts')
  const limit = options.lines ?? (output.json ? Infinity : SHOWN)
  const newest: (() => void)[] = []
  const rows: string[][] = []
  const reasons = new ReasonCounts()
  let found = 0
  await withCluster(settings, log, async (client) => {
    for await (const letter of deadLetters(client, filterOf(options), signal)) {
      found++
      reasons.add(letter)
      if (output.json && limit === Infinity) {
        output.document(letterDocument(letter))
        continue
      }
      const document = output.json ? letterDocument(letter) : undefined
      const row = letterRow(letter)
      newest.push(() => (document ? output.document(document) : rows.push(row)))
      if (newest.length > limit) newest.shift()
    }
  })
  for (const show of newest) show()
  if (output.json) return
  if (found === 0) {
    output.note('no dead letters')
    return
  }
  for (const line of table(letterHead, rows)) output.line(line)
  if (found > rows.length) output.note(`${found - rows.length} older ones are left out (-n shows more)`)
  const counts = reasons.list().map(({ worker, reason, count: times }) => [times, worker, reason])
  for (const line of ['', ...table(['times', 'worker', 'reason'], counts)]) output.line(line)
}

async function runShow(
  { world, settings, output, log }: Context,
  _: object,
  [id = '']: readonly string[],
): Promise<void> {
  const { withCluster } = await import('../../app/cluster.ts')
  const { findDeadLetter } = await import('../../app/dead-letters/list.ts')
  const { letterDocument } = await import('../views/dead-letter-rows.ts')
  const { letterLines } = await import('../views/dead-letter-view.ts')
  await withCluster(settings, log, async (client) => {
    const letter = await findDeadLetter(client, id)
    const width = lineWidth(world)
    output.result(letterDocument(letter), () => letterLines(letter, { width, palette: output.out }))
  })
}

interface ReplayOptions extends FilterOptions {
  readonly all?: boolean
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

async function runReplay(context: Context, options: ReplayOptions, ids: readonly string[]): Promise<void> {
  const { settings, output, signal, log } = context
  const { PayflowError } = await import('../../errors.ts')
  const { withCluster } = await import('../../app/cluster.ts')
  const { readReplayPlan, replay } = await import('../../app/dead-letters/replay.ts')
  const { defaultWorkers: workers } = await import('../../pipeline/workers/index.ts')
  const { confirm } = await import('../shell/confirm.ts')
  const filter = filterOf(options)
  const { all = false, force = false, dryRun = false, yes = false } = options
  const narrowed = Object.keys(filter).length > 0
  if (ids.length > 0 ? narrowed || all : !narrowed && !all)
    throw new PayflowError(
      'SELECTION_INVALID',
      'Say which dead letters: ids, or --worker, --topic, --reason or --all',
      {
        kind: 'usage',
        hint: 'list them with `payflow dead-letters list`',
      },
    )
  const request = { ids, filter, force }
  await withCluster(settings, log, async (client) => {
    const planned = await readReplayPlan(client, workers, request, signal)
    if (dryRun) {
      output.result(planned, () => describeReplay(planned, false))
      return
    }
    for (const line of output.json ? [] : describeReplay(planned, false)) output.note(line)
    if (planned.replays.length > 0) {
      const question = `Hand ${planned.replays.length} records to their workers at ${settings.brokers.join(', ')}?`
      await confirm(context, question, yes || !settings.brokersGiven)
    }
    const done = planned.replays.length > 0 ? await replay(client, workers, request, signal) : planned
    output.result(done, () => describeReplay(done, true).slice(0, 1))
  })
}

/** A plan in words, a line each. */
function describeReplay({ replays, skipped }: ReplayPlan, done: boolean): string[] {
  const inboxes = new Map<string, number>()
  for (const { inbox } of replays) inboxes.set(inbox, (inboxes.get(inbox) ?? 0) + 1)
  const parts = [...inboxes].map(([inbox, times]) => `${times} to ${inbox}`)
  const verb = done ? 'handed over' : 'hand over'
  return [
    `${verb}: ${parts.length === 0 ? 'nothing' : parts.join(', ')}`,
    ...skipped.map(({ id, worker, why }) => `leave out ${id} of ${worker}: ${why}`),
  ]
}
