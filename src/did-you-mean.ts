/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function distance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforePrevious[j - 2]! + 1)
      current.push(best)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length]!
}

/** The known word nearest to what was typed, or undefined when none is near enough to be meant. */
function nearest(typed: string, known: Iterable<string>): string | undefined {
  const word = typed.toLowerCase()
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const found = name.toLowerCase().startsWith(word) && word.length > 2 ? 1 : distance(word, name.toLowerCase())
    if (found <= Math.max(1, Math.floor(name.length * 0.4)) && (best === undefined || found < best.distance))
      best = { name, distance: found }
  }
  return best?.name
}

/** `did you mean X?`, or the fallback when nothing known is near. */
export function didYouMean(typed: string, known: readonly string[], fallback = `known: ${known.join(', ')}`): string {
  const name = nearest(typed, known)
  return name === undefined ? fallback : `did you mean ${name}?`
}
