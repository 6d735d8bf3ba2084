import {
  DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrDefaultRendererLogLevels,
  ProcessOutput,
  type ListrTask,
} from 'listr2'
import { asError } from '../../errors.ts'
import type { Output, Palette } from '../shell/output.ts'
import type { World } from '../shell/world.ts'

export interface Step {
  readonly title: string
  /** Returns the result; `report` shows one line of what it is doing. */
  readonly run: (report: (line: string) => void) => Promise<string>
}

/** Draws on stderr, even when stdout is not a terminal: what may be drawn on is decided before. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true
}
type DrawnTask = ListrTask<undefined, typeof StderrRenderer>

const seconds = (startMs: number): string => `${((performance.now() - startMs) / 1000).toFixed(1)} s`

/** Runs steps one after the other: drawn with listr2 on a terminal, as plain lines elsewhere. Throws what a step threw. */
export async function runSteps(world: World, output: Output, steps: readonly Step[]): Promise<void> {
  if (output.interactive) await output.drawing(() => draw(world, output.err, steps))
  else await print(output, steps)
}

async function print(output: Output, steps: readonly Step[]): Promise<void> {
  for (const { title, run } of steps) {
    const startMs = performance.now()
    try {
      const outcome = await run((line) => output.note(`${title}: ${line}`))
      output.note(`${title}: ${outcome} (${seconds(startMs)})`)
    } catch (error) {
      output.note(`${title}: failed (${seconds(startMs)})`)
      throw error
    }
  }
}

async function draw(world: World, palette: Palette, steps: readonly Step[]): Promise<void> {
  // A stand-in for stderr: listr2 takes over `write` of the stream that it is given.
  const stream = Object.assign(Object.create(world.stderr) as NodeJS.WriteStream, {
    write: (text: string) => world.stderr.write(text),
    columns: world.columns(),
    rows: world.rows(),
  })
  const logger = new ListrLogger<ListrDefaultRendererLogLevels>({
    useIcons: true,
    processOutput: new ProcessOutput(stream, stream),
  })
  await new Listr<undefined, typeof StderrRenderer>(steps.map((step) => drawnTask(world, palette, step)), {
    renderer: StderrRenderer,
    registerSignalListeners: false,
    rendererOptions: {
      logger,
      formatOutput: 'truncate',
      showErrorMessage: false,
      collapseErrors: false,
    },
  }).run() // prettier-ignore
}

function drawnTask(world: World, { dim }: Palette, { title, run }: Step): DrawnTask {
  return {
    title,
    task: async (_, task) => {
      const startMs = performance.now()
      const hush = world.announceWith((line) => (task.output = line))
      try {
        const outcome = await run((line) => (task.output = line))
        task.title = `${title}: ${outcome} ${dim(`(${seconds(startMs)})`)}`
      } catch (error) {
        if (world.signal.aborted) task.title = `${title}: stopped`
        throw asError(error)
      } finally {
        hush()
      }
    },
  }
}
