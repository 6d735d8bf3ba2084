import { Argument, type Command } from 'commander'
import { PayflowError } from '../../errors.ts'
import { action, examples, type Context } from '../shell/action.ts'
import type { TracingFault } from '../../app/tracing/exporter.ts'
import { addFlowOptions, flowOptionsOf, type TypedFlow } from './flow-options.ts'
import type { Flow, ProducerProgress } from '../../app/producers.ts'
import type { Kind } from '../../pipeline/sources/source.ts'
import { table } from '../shell/output.ts'
import { addSettings } from '../shell/setting-options.ts'
import type { World } from '../shell/world.ts'

const linesOf = ({ what, hint }: TracingFault): string[] => [`warning: ${what}`, `→ ${hint}`]

interface Typed extends TypedFlow {
  readonly stdout?: boolean
  readonly fromFile?: string
  readonly topic?: string
  readonly byKey?: boolean
}

const WHAT = 'orders|payments|users|all'

export function registerProduce(program: Command, world: World): void {
  const what = new Argument(`[${WHAT}]`, 'what to write').choices(WHAT.split('|'))
  const produce = program.command('produce').description('write events to Kafka').addArgument(what)
  addSettings(addFlowOptions(produce), 'otel')
    .option('--stdout', 'print the events instead, a line each; with --json as records. Needs no Kafka')
    .option('--from-file <file>', 'write the records that `tail --json` has printed; - is standard input')
    .option('--topic <name>', 'with --from-file: to this topic, whatever the records say')
    .option('--by-key', 'with --from-file: keys choose the partitions, whatever the records say')
    .action(action(world, run))
  examples(
    produce,
    'payflow produce all --duration 30s',
    'payflow produce payments --count 100000 --rate max --seed 7 --start 2026-01-01T00:00:00Z',
    'payflow produce orders --rate 200 --json',
    'payflow produce all --stdout --count 5',
    'payflow produce --from-file payments.jsonl',
    'payflow tail orders --from start --to end --json | payflow produce --from-file - --topic orders-copy',
  )
}

const misuse = (message: string, hint: string): PayflowError =>
  new PayflowError('USAGE', message, { kind: 'usage', hint })

async function run(context: Context, typed: Typed, [kind]: readonly string[]): Promise<void> {
  const { world, output } = context
  const { stdout = false, fromFile, topic, byKey = false, rate, count } = typed
  if (fromFile !== undefined) {
    const about = (['seed', 'start', 'failureRate', 'duration', 'stdout'] as const).find(
      (name) => typed[name] !== undefined,
    )
    if (kind !== undefined || about !== undefined)
      throw misuse(`--from-file writes what the file says: ${kind ?? `--${about === 'failureRate' ? 'failure-rate' : about!}`} has no meaning with it`, 'leave one of the two out') // prettier-ignore
    world.stopWith({ message: 'Stopping: what was read is still being written', outcome: 'done' })
    const { writeFromFile } = await import('../tasks/produce-file.ts')
    return writeFromFile(context, { file: fromFile, topic, byKey, rate, count })
  }
  if (kind === undefined) throw misuse(`Missing required argument '${WHAT}'`, 'see the command with --help')
  if (topic !== undefined || byKey) throw misuse(`${byKey ? '--by-key' : '--topic'} goes with --from-file`, 'leave it out: events have topics of their own') // prettier-ignore
  const { flowOf } = await import('../../app/producers.ts')
  const { kinds } = await import('../../pipeline/sources/source.ts')
  const flow = flowOf(flowOptionsOf(typed))
  const wanted = kinds.filter((name) => kind === 'all' || kind === name)
  if (!stdout) return produceEvents(context, flow, wanted)
  world.stopWith({ message: 'Stopping', outcome: 'done' })
  output.note(`seed ${flow.seed}`)
  const { printInstead } = await import('../tasks/produce-stdout.ts')
  await printInstead(context, flow, wanted)
}

async function produceEvents(context: Context, flow: Flow, wanted: readonly Kind[]): Promise<void> {
  const { world, settings, output, signal, log } = context
  world.stopWith({ message: 'Stopping: what was generated is still being written', outcome: 'done' })
  const { checkTopics, produceAll, reproduceCommand } = await import('../../app/producers.ts')
  const { live } = await import('../views/live.ts')
  const { produceView } = await import('../views/produce-progress.ts')
  const { openTracing } = await import('../tasks/tracing.ts')
  await checkTopics(settings, wanted, log)
  output.note(`seed ${flow.seed}`)
  const latest = new Map<string, ProducerProgress>()
  const produced = await live({ world, output }, produceView, async ({ show, announce }) => {
    const tracing = await openTracing(context, 'payflow-produce', (fault) => {
      if (output.interactive) announce(linesOf(fault).join(' '))
      for (const line of linesOf(fault)) output.note(line)
    })
    const onProgress = (progress: ProducerProgress): void => {
      latest.set(progress.kind, progress)
      show([...latest.values()])
    }
    const producing = produceAll(settings, flow, wanted, { signal, onProgress, log, tracing: tracing?.producers })
    return producing.finally(() => tracing?.close())
  })
  for (const summary of output.json ? produced : []) output.document(summary)
  const rows = produced.map((p) => [p.topic, p.records, Math.round(p.perSecond), p.bytes, `${p.seconds.toFixed(1)} s`])
  for (const line of output.json ? [] : table(['topic', 'records', 'per s', 'bytes', 'time'], rows)) output.line(line)
  output.note('')
  output.note('The same bytes again:')
  for (const { topic, records } of produced.filter((summary) => summary.records > 0))
    output.note(
      `  ${reproduceCommand(
        flow,
        wanted.find((name) => name === topic)!,
        records,
      )}`,
    )
}
