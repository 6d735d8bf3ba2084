import { InvalidArgumentError, type Command } from 'commander'
import type { From, To } from '../../app/tail/position.ts'
import type { TailWish } from '../../app/tail/plan.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { count } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

interface Typed {
  readonly from?: string
  readonly to?: string
  readonly partition?: readonly number[]
  readonly key?: string
  readonly grep?: readonly string[]
  readonly ignoreCase?: boolean
  readonly max?: number
  readonly follow: boolean
  readonly format?: string
  readonly uncommitted?: boolean
}

export function registerTail(program: Command, world: World): void {
  const tail = program
    .command('tail')
    .argument('<topic...>')
    .description('records of topics: the newest ones, then what comes; or a part of the log, filtered')
    .option('--from <where>', 'start, end, offset, -N (newest N of each partition), @TIME')
    .option('--to <where>', 'end before: end (of now), offset, @TIME')
    .option('-p, --partition <n>', 'only this one, or several with commas', partition)
    .option('--key <text>', 'only records with this key')
    .option('--grep <pattern>', 'only values that match; key: or header: looks there, ! negates; repeatable', collect)
    .option('-i, --ignore-case', 'upper and lower case match alike')
    .option('-n, --max <n>', 'end after n records; without --from these are the newest', count)
    .option('--no-follow', 'end at what is there now, as --to end')
    .option('--format <template>', 'lines such as "%t %p %o %k %v %h %d"')
    .option('--uncommitted', 'records of open and aborted transactions too')
    .action(action(world, run))
  examples(
    tail,
    'payflow tail orders',
    'payflow tail orders payments --from @-10m --grep \'"user_id":7\\b\'',
    'payflow tail order_status --from start --no-follow --grep \'!"status":"PAID"\'',
    'payflow tail payments --from -100 --to end --json > payments.jsonl',
    'payflow tail dead_letters --grep header:payflow.worker=large-orders',
    'payflow tail orders -n 5 --format "%d %k %v"',
  )
}

const collect = (text: string, before: readonly string[] = []): string[] => [...before, text]

function partition(text: string, before: readonly number[] = []): number[] {
  const numbers = text.split(',').map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : NaN))
  if (numbers.some(Number.isNaN)) throw new InvalidArgumentError('Allowed: whole numbers from 0, such as 0 or 0,2.')
  return [...before, ...numbers]
}

async function run(context: Context, typed: Typed, topics: readonly string[]): Promise<void> {
  const { world, settings, output, signal, log } = context
  world.stopWith({ message: 'Stopping', outcome: 'done' })
  const [{ withCluster }, { filterOf }, { planTail }, { runTail }, { ResultStream }] = await Promise.all([
    import('../../app/cluster.ts'),
    import('../../app/tail/filter.ts'),
    import('../../app/tail/plan.ts'),
    import('../../app/tail/tail.ts'),
    import('../shell/result-stream.ts'),
  ])
  const wish = await wishOf(typed, topics)
  const view = await viewOf(context, typed)
  const { key, grep = [], ignoreCase = false } = typed
  const isShown = filterOf({ key, grep, ignoreCase })
  const results = new ResultStream(world.stdout, signal)
  let left = wish.limit ?? Infinity
  await withCluster(settings, log, async (client) => {
    const plan = await planTail(client, wish, signal)
    plan.notes.forEach((line) => output.note(line))
    await runTail(client, wish, plan, {
      signal,
      note: (line) => output.note(line),
      flush: () => results.flush(),
      visit: (at, cursor) => {
        if (!isShown(cursor)) return true
        results.write(view(at, cursor))
        return --left > 0 && (results.isFull ? 'pause' : true)
      },
    })
  })
}

async function wishOf(typed: Typed, topics: readonly string[]): Promise<TailWish> {
  const { partition: partitions, max: limit, follow, uncommitted = false } = typed
  const { from, to } = await placesOf(typed)
  return {
    topics: [...new Set(topics)],
    ...{ partitions, from, to, limit },
    // `--to end` and an offset end at what is there: nobody knows whether more will come
    follow: follow && (to === undefined || to.at === 'time'),
    isolation: uncommitted ? 'read_uncommitted' : 'read_committed',
  }
}

async function placesOf(typed: Typed): Promise<{ from: From | undefined; to: To | undefined }> {
  const { FROM_ALLOWED, TIME_ALLOWED, TO_ALLOWED, parseFrom, parseTo } = await import('../../app/tail/position.ts')
  const { PayflowError } = await import('../../errors.ts')
  const now = Date.now()
  const read = <Place>(
    name: 'from' | 'to',
    parse: (text: string, nowMs: number) => Place | undefined,
    allowed: string,
  ) => {
    const text = typed[name]
    const place = text === undefined ? undefined : parse(text, now)
    if (text !== undefined && place === undefined)
      throw new PayflowError('POSITION_INVALID', `--${name} cannot be "${text}"`, {
        kind: 'usage',
        hint: `allowed: ${allowed}${text.startsWith('@') ? `; ${TIME_ALLOWED}` : ''}`,
      })
    return place
  }
  return { from: read('from', parseFrom, FROM_ALLOWED), to: read('to', parseTo, TO_ALLOWED) }
}

async function viewOf({ world, output }: Context, { format }: Typed) {
  const terminal = world.isTTY.stdout
  if (format !== undefined) {
    const { parseTemplate, templateView } = await import('../views/record-template.ts')
    return templateView(parseTemplate(format), { terminal })
  }
  const { jsonView, lineView } = await import('../views/record-view.ts')
  return output.json ? jsonView({ terminal }) : lineView(output.out)
}
