import { formatNumber } from '../shell/format-number.ts'
import { audit, type AuditProgress, type AuditReport } from '../../app/audit/audit.ts'
import type { AuditChoice } from '../../app/audit/worker.ts'
import type { Client } from '../../kafka/client.ts'
import type { Context } from '../shell/action.ts'
import { table, type Output } from '../shell/output.ts'
import { Screen } from '../shell/screen.ts'
import type { World } from '../shell/world.ts'

const PLAIN_INTERVAL_MS = 5_000
const DRAW_INTERVAL_MS = 100

/** Audits workers, and shows how far it has come. */
export async function runAudit(
  { world, output }: Pick<Context, 'world' | 'output'>,
  client: Client,
  choices: readonly AuditChoice[],
  signal: AbortSignal,
): Promise<AuditReport> {
  const run = async ({ update, end }: Shown): Promise<AuditReport> => {
    try {
      return await audit(client, choices, { signal, onProgress: update })
    } finally {
      end()
    }
  }
  if (!output.interactive) return run(plainLines(output))
  return output.drawing(() => run(liveTable(world, output)))
}

interface Shown {
  readonly update: (progress: AuditProgress) => void
  readonly end: () => void
}

/** A line for each worker when its last record is read, and now and then for one that takes long. */
function plainLines(output: Output): Shown {
  let shownMs = performance.now()
  return {
    update: ({ worker, read, total }) => {
      if (read < total && performance.now() - shownMs < PLAIN_INTERVAL_MS) return
      shownMs = performance.now()
      output.note(`audit of ${worker}: ${formatNumber(read)} of ${formatNumber(total)} read`)
    },
    end: () => undefined,
  }
}

function liveTable(world: World, output: Output): Shown {
  const screen = new Screen(world)
  const latest = new Map<string, AuditProgress>()
  let announced: string | undefined
  let drawnMs = 0
  const draw = (): void => {
    drawnMs = performance.now()
    const rows = [...latest.values()].map(({ worker, read, total }) => [
      worker,
      `${total === 0 ? 100 : Math.floor((100 * read) / total)} %`.padStart(5),
      read,
      total,
    ])
    const [head = '', ...lines] = table(['audit of', '', 'read', 'of'], rows)
    screen.draw([output.err.dim(head), ...lines, ...(announced === undefined ? [] : [announced])])
  }
  const hush = world.announceWith((line) => {
    announced = line
    draw()
  })
  return {
    update: (progress) => {
      latest.set(progress.worker, progress)
      if (progress.read === progress.total || performance.now() - drawnMs >= DRAW_INTERVAL_MS) draw()
    },
    end: () => {
      screen.end()
      hush()
    },
  }
}
