// bench/RESULTS.md: goals and what was reached, then the figures of each scenario.
import { goals } from './goals.mjs'

const number = (value, digits = 0) =>
  Number.isFinite(value)
    ? value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : '–'

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line), ''].join('\n')
}

const columns = {
  perSecond: ['events/s', 0],
  wholePerSecond: ['with start-up', 0],
  steadyPerSecond: ['after the first commit', 0],
  seconds: ['seconds', 1],
  firstCommit: ['first commit, s', 2],
  cpuSeconds: ['CPU s', 1],
  brokerCpuSeconds: ['broker CPU s', 1],
  rssMb: ['MB', 0],
  concernedMs: ['its partitions, ms', 0],
  othersMs: ['the others, ms', 0],
  anonymousMb: ['MB, no mapped files', 0],
  middleMb: ['MB in the middle', 0],
  middleAnonymousMb: ['of it no mapped files', 0],
  endMb: ['MB at the end', 0],
  endAnonymousMb: ['of it no mapped files', 0],
  readySeconds: ['ready, s', 2],
  restoreSeconds: ['longest restore, s', 2],
  cpuPerMillion: ['CPU s a million', 1],
  longestPauseMs: ['longest pause, ms', 0],
  pausesOver200Ms: ['pauses over 200 ms', 0],
}

/** The median, and where there were several rounds the least and the greatest of them. */
function spread(row, key, digits = 0) {
  const all = (row.rounds ?? []).map((round) => round[key]).filter(Number.isFinite)
  const median = number(row[key], digits)
  if (all.length < 2) return median
  const [least, greatest] = [Math.min(...all), Math.max(...all)].map((value) => number(value, digits))
  return least === greatest ? median : `${median} (${least}–${greatest})`
}

/** A column for each figure that the scenario has. */
function figures(peers) {
  const rows = Object.entries(peers)
  const known = Object.entries(columns).filter(([key]) => rows.some(([, row]) => row[key] !== undefined))
  return table(
    ['', ...known.map(([, [name]]) => name)],
    rows.map(([name, row]) => [
      row.failed ? `${name} (failed)` : name,
      ...known.map(([key, [, digits]]) => spread(row, key, digits)),
    ]),
  )
}

function latencies(peers) {
  const quantiles = (row, hop) => [50, 95, 99].map((q) => number(row[`hop${hop}p${q}`])).join(' / ')
  const rows = Object.entries(peers).map(([name, row]) => [
    row.failed ? `${name} (failed)` : name,
    quantiles(row, 1),
    quantiles(row, 2),
    spread(row, 'peerCpu'),
    spread(row, 'brokerCpu'),
    number(row.rssMb),
  ])
  return table(['', 'one hop, ms p50 / p95 / p99', 'two hops, ms', 'CPU, % of a core', 'broker CPU, %', 'MB'], rows)
}

const sections = {
  backlog: ({ events }) => `Backlog of ${number(events)} events, four workers in one process, start-up included`,
  latency: () => 'From an input to its output, read-committed, at a steady rate',
  partitions: () => 'The same load over more partitions',
  calm: () => '`payflow all` at its defaults',
  restore: ({ events }) => `Restore of ${number(events)} keys: from the start to the commit of what came meanwhile`,
  produce: ({ events }) => `Top rate of one producer: ${number(events)} orders, acks=all, idempotent`,
  processes: ({ events }) => `${number(events)} events, the four workers in one, two and three processes`,
  six: ({ events }) => `All six workers, ${number(events)} orders and payments (outputs audited)`,
  memory: () => 'Memory by how much was processed',
  handover: ({ rate }) =>
    `${number(rate)} events/s, one of two processes ends: the longest that an output partition stood still`,
  state: () => 'State larger than memory',
  faust: ({ events }) => `Faust, ${number(events)} events`,
}

const rounds = ({ peers }) => Math.max(...Object.values(peers).map((peer) => peer.rounds?.length ?? 1))
const facts = (scenario) =>
  `${scenario.date}, ${scenario.machine}${scenario.note ? `, ${scenario.note}` : ''}. ${rounds(scenario) > 1 ? `Medians of ${rounds(scenario)} interleaved rounds (least–greatest).` : 'One round.'}`

export function markdown({ scenarios }) {
  const verdicts = goals(scenarios)
  const parts = [
    '# Measured',
    '',
    'Made by `npm run bench`; how, and what the figures mean: [README.md](README.md).',
    '',
    '![throughput and latency](results.svg)',
    '',
  ]
  if (verdicts.length > 0) parts.push('## Goals', '', table(['', 'goal', 'measured', ''], verdicts))
  for (const [name, title] of Object.entries(sections)) {
    const scenario = scenarios[name]
    if (!scenario) continue
    parts.push(
      `## ${title(scenario)}`,
      '',
      facts(scenario),
      '',
      ['latency', 'partitions', 'calm'].includes(name) ? latencies(scenario.peers) : figures(scenario.peers),
    )
  }
  return `${parts.join('\n').trimEnd()}\n`
}
