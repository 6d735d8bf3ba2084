import type { Report } from '../engine.ts'

const PROGRESS =
  /^\s*(?:Container|Network|Volume|Image)?\s*(\S.*\b(?:Pulling|Pulled|Created|Started|Waiting|Healthy|Error|Stopped|Removed))\s*$/

/** Compose's progress, one line a change, each only once. */
export function showProgress(report: Report): (line: string) => void {
  const shown = new Set<string>()
  return (line) => {
    const text = PROGRESS.exec(line)?.[1]?.replaceAll(/\s+/g, ' ')
    if (text === undefined || shown.has(text)) return
    shown.add(text)
    report(text, text.endsWith('Pulling') ? 'images were pulled' : undefined)
  }
}
