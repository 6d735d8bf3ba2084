// What became slower since the run before: the machine is noisy, so only what is beyond its own spread counts.
const better = {
  perSecond: 'more',
  seconds: 'less',
  firstCommit: 'less',
  cpuSeconds: 'less',
  brokerCpuSeconds: 'less',
  rssMb: 'less',
  hop1p50: 'less',
  hop1p99: 'less',
  peerCpu: 'less',
  brokerCpu: 'less',
  concernedMs: 'less',
  othersMs: 'less',
}
const WORTH_SAYING = 0.1

const all = (row, key) => (row.rounds ?? [row]).map((round) => round[key]).filter(Number.isFinite)

function worse(before, now, key) {
  const [then, here] = [all(before, key), all(now, key)]
  if (then.length === 0 || here.length === 0) return undefined
  const change = now[key] / before[key] - 1
  const isMore = better[key] === 'more'
  const apart = isMore ? Math.max(...here) < Math.min(...then) : Math.min(...here) > Math.max(...then)
  return apart && (isMore ? change <= -WORTH_SAYING : change >= WORTH_SAYING) ? change : undefined
}

/** Lines that name what is worse in `now` than in `before`, two results of one scenario; those of other machines are not compared. */
export function worseThanBefore(name, before, now) {
  if (!before || before.machine !== now.machine || before.events !== now.events) return []
  return Object.entries(now.peers).flatMap(([peer, row]) =>
    Object.keys(better).flatMap((key) => {
      const old = before.peers[peer]
      const change = old && !old.failed && !row.failed ? worse(old, row, key) : undefined
      if (change === undefined) return []
      const percent = `${change > 0 ? '+' : '−'}${Math.abs(Math.round(change * 100))} %`
      return [`worse than ${before.date}: ${name}, ${peer}, ${key} ${old[key]} → ${row[key]} (${percent})`]
    }),
  )
}
