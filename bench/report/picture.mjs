// bench/results.svg: throughput and latency as bars.
const colours = { payflow: '#2563eb', 'fast.mjs': '#9ca3af', 'bare kafkajs': '#d97706', 'Kafka Streams': '#b91c1c' }
const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const label = (x, y, text, more = '') => `<text x="${x}" y="${y}" ${more}>${escape(text)}</text>`

/** Bars below each other; `bars`: [name, value, what it says]. */
function chart(top, title, bars) {
  const most = Math.max(...bars.map(([, value]) => value), 1)
  const rows = bars.map(([name, value, said], i) => {
    const y = top + 34 + i * 26
    const width = Math.max(1, Math.round((value / most) * 400))
    const colour = Object.entries(colours).find(([peer]) => name.startsWith(peer))?.[1] ?? '#6b7280'
    return `${label(170, y + 14, name, 'text-anchor="end"')}<rect x="180" y="${y}" width="${width}" height="18" rx="2" fill="${colour}"/>${label(188 + width, y + 14, said)}`
  })
  return {
    svg: `${label(20, top + 20, title, 'font-weight="bold"')}${rows.join('')}`,
    bottom: top + 44 + bars.length * 26,
  }
}

const rounded = (value) => Math.round(value).toLocaleString('en-US')

/** The slowest of two hops says most; the bar is p99, the words say p50 too. */
function latencyBars(peers, rate) {
  const rows = Object.entries(peers).filter(([name]) => name.endsWith(`, ${rate}/s`))
  return rows
    .filter(([, row]) => row.hop2p99)
    .map(([name, row]) => [
      name.split(',')[0],
      row.hop2p99,
      `p50 ${rounded(row.hop2p50)} ms, p99 ${rounded(row.hop2p99)} ms`,
    ])
}

export function picture({ scenarios: { backlog, latency } }) {
  const charts = []
  let top = 0
  const add = (title, bars) => {
    if (bars.length === 0) return
    const { svg, bottom } = chart(top, title, bars)
    charts.push(svg)
    top = bottom
  }
  if (backlog) {
    const rows = Object.entries(backlog.peers).filter(([, row]) => row.perSecond)
    add(
      `Backlog of ${rounded(backlog.events)} events, exactly once, start-up included: events/s`,
      rows.map(([name, row]) => [name, row.perSecond, rounded(row.perSecond)]),
    )
  }
  for (const rate of latency ? [1000, 10000] : [])
    add(`Two hops at ${rounded(rate)} events/s: p99 of the latency`, latencyBars(latency.peers, rate))
  const height = top + 10
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" width="760" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#111827"><rect width="100%" height="100%" fill="#fff"/>${charts.join('')}</svg>\n`
}
