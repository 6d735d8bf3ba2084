import { Argument, type Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { addFlowOptions, flowOptionsOf, type TypedFlow } from './flow-options.ts'
import type { ProducerProgress } from '../../app/producers.ts'
import { table } from '../shell/output.ts'
import type { World } from '../shell/world.ts'

export function registerProduce(program: Command, world: World): void {
  const what = new Argument('<orders|payments|users|all>', 'what to write').choices([
    'orders',
    'payments',
    'users',
    'all',
  ])
  const produce = program.command('produce').description('write events to Kafka').addArgument(what)
  addFlowOptions(produce).action(action(world, run))
  examples(
    produce,
    'payflow produce all --duration 30s',
    'payflow produce payments --count 100000 --rate max --seed 7 --start 2026-01-01T00:00:00Z',
    'payflow produce orders --rate 200 --json',
  )
}

async function run(
  { world, settings, output, signal, log }: Context,
  typed: TypedFlow,
  [kind]: readonly string[],
): Promise<void> {
  world.stopWith({ message: 'Stopping: what was generated is still being written', outcome: 'done' })
  const { checkTopics, flowOf, produceAll, reproduceCommand } = await import('../../app/producers.ts')
  const { kinds } = await import('../../pipeline/sources/source.ts')
  const { live } = await import('../views/live.ts')
  const { produceView } = await import('../views/produce-progress.ts')
  const flow = flowOf(flowOptionsOf(typed))
  const wanted = kinds.filter((name) => kind === 'all' || kind === name)
  await checkTopics(settings, wanted, log)
  output.note(`seed ${flow.seed}`)
  const latest = new Map<string, ProducerProgress>()
  const produced = await live({ world, output }, produceView, ({ show }) => {
    const onProgress = (progress: ProducerProgress): void => {
      latest.set(progress.kind, progress)
      show([...latest.values()])
    }
    return produceAll(settings, flow, wanted, { signal, onProgress, log })
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
        kinds.find((name) => name === topic)!,
        records,
      )}`,
    )
}
