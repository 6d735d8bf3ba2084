// Rounds of several runs each, taken in turn, so that what else the machine does meets all of them.
export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
  if (sorted.length === 0) return NaN
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median of every figure of the rows. */
const medians = (rows) =>
  Object.fromEntries(
    Object.keys(rows[0])
      .filter((k) => typeof rows[0][k] === 'number')
      .map((k) => [k, Number(median(rows.map((r) => r[k])).toPrecision(5))]),
  )

/**
 * `runs`: name → a function that resolves to a row of figures. Every other round goes backwards. A run that fails is told and left out of the rest.
 * Resolves to name → the medians, with the rows themselves in `rounds`.
 */
export async function inTurn(count, runs, report) {
  const rows = {}
  const failed = new Set()
  for (let round = 0; round < count; round++) {
    const names = Object.keys(runs).filter((name) => !failed.has(name))
    for (const name of round % 2 === 0 ? names : names.reverse()) {
      try {
        const row = await runs[name]()
        ;(rows[name] ??= []).push(row)
        report(`  ${name}: ${JSON.stringify(row)}`)
      } catch (error) {
        failed.add(name)
        report(`  ${name} FAILED: ${error.message}`)
      }
    }
  }
  const result = Object.fromEntries(
    Object.entries(rows).map(([name, list]) => [name, { ...medians(list), rounds: list }]),
  )
  for (const name of failed) result[name] = { ...result[name], failed: true }
  return result
}
