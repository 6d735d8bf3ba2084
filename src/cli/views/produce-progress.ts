import { formatNumber } from '../shell/format-number.ts'
import type { ProducerProgress } from '../../app/producers.ts'
import type { Output } from '../shell/output.ts'
import { Screen } from '../shell/screen.ts'
import type { World } from '../shell/world.ts'

const PLAIN_INTERVAL_MS = 5_000

/** Acknowledged records and real rate of each kind: redrawn on a terminal, a line every few seconds elsewhere. */
export function showProgress(world: World, output: Output): { update: (p: ProducerProgress) => void; end: () => void } {
  const latest = new Map<string, ProducerProgress>()
  const screen = output.interactive ? new Screen(world) : undefined
  const hush = screen && world.announceWith((line) => output.note(line))
  let shownMs = performance.now()
  return {
    update: (progress) => {
      latest.set(progress.kind, progress)
      const all = [...latest.values()]
      if (screen)
        screen.draw(all.map((p) => `${p.kind.padEnd(9)} ${formatNumber(p.acknowledged).padStart(12)} ${formatNumber(p.perSecond).padStart(9)}/s`)) // prettier-ignore
      else if (performance.now() - shownMs > PLAIN_INTERVAL_MS) {
        shownMs = performance.now()
        output.note(
          all.map((p) => `${p.kind} ${formatNumber(p.acknowledged)} (${formatNumber(p.perSecond)}/s)`).join(', '),
        )
      }
    },
    end: () => {
      screen?.end()
      hush?.()
    },
  }
}
