import { reach } from '../../app/cluster.ts'
import { ClusterWatch, expectedTopics } from '../../app/overview/cluster-watch.ts'
import { follow, type Shown } from '../../app/overview/follow.ts'
import { lookOnce } from '../../app/overview/look-once.ts'
import { newestRecords } from '../../app/overview/newest.ts'
import type { Context } from '../shell/action.ts'
import { lineWidth } from '../shell/output.ts'
import { anonymous } from '../views/top/anonymize.ts'
import { shownDocument, shownLine, statusLines } from '../views/status-view.ts'

export interface TopOptions {
  readonly intervalMs: number
  readonly once: boolean
  readonly anonymize: boolean
}

/** Time of each look for counting what workers have written. */
const COUNTING_MS = 300

/** Shows a cluster and its workers until it is left: drawn on a terminal, a line or a JSON object at a time elsewhere. */
export async function runTop(context: Context, options: TopOptions): Promise<void> {
  const { world, settings, output, log } = context
  const hidden = options.anonymize ? anonymous : (shown: Shown): Shown => shown
  if (options.once) {
    const shown = hidden(await lookOnce(settings, log))
    output.result(shownDocument(shown), () => statusLines(shown, output.out, lineWidth(world)))
    return
  }
  world.stopWith({ message: 'Leaving', outcome: 'done' })
  const isDrawn = output.interactive && world.isTTY.stdout && !output.json
  if (!isDrawn) await reach(settings)
  const watch = new ClusterWatch(settings, { log, countingMs: COUNTING_MS })
  try {
    const last = await (isDrawn ? draw : print)(context, watch, options)
    // what was seen last stays where it can be scrolled back to
    if (isDrawn && last) output.note(shownLine(hidden(last)))
  } finally {
    await watch.close()
  }
}

async function print(
  { output, signal, log }: Context,
  watch: ClusterWatch,
  { intervalMs, anonymize }: TopOptions,
): Promise<undefined> {
  const show = (shown: Shown): void => {
    const told = anonymize ? anonymous(shown) : shown
    if (output.json) output.document(shownDocument(told))
    else output.line(shownLine(told))
  }
  await follow(() => watch.look(), show, { intervalMs: () => intervalMs, names: expectedTopics, signal, log, ageingMs: intervalMs }) // prettier-ignore
}

async function draw(
  { world, output, signal, log }: Context,
  watch: ClusterWatch,
  { intervalMs, anonymize }: TopOptions,
): Promise<Shown | undefined> {
  const { TopView } = await import('./top-view.ts')
  const left = new AbortController()
  let last: Shown | undefined
  await output.drawing(async () => {
    const view = new TopView(world, output.err, {
      ...{ title: 'payflow top', intervalMs, anonymize },
      footer: 'up/down choose  enter open  esc back  / filter  s sort  p pause  ? help  q leave',
      onQuit: () => left.abort(),
      newest: (at, count) => newestRecords(watch.client, at, count),
    })
    const hush = world.announceWith((line) => view.announce(line))
    try {
      const show = (shown: Shown): void => view.show((last = shown))
      const either = AbortSignal.any([signal, left.signal])
      await follow(() => watch.look(), show, { intervalMs: () => view.intervalMs, names: expectedTopics, signal: either, log }) // prettier-ignore
    } finally {
      view.end()
      hush()
    }
  })
  return last
}
