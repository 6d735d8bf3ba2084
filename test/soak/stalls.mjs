/** Output topic → the worker that writes it; of those that get something all the time. */
const writers = {
  failed_payments: 'failed-payments',
  large_orders: 'large-orders',
  aggregated_revenue: 'aggregated-revenue',
  frequent_failed_payments: 'frequent-failed-payments',
  enriched_orders: 'process-orders',
  order_status: 'process-payments',
  items_per_currency: 'items-per-currency',
  orders_with_vat: 'orders-with-vat',
}

/**
 * How long an output stood still: the times in which a watching reader got nothing, cut into pieces by the faults that its worker met
 * meanwhile. While a broker is away nothing can go on; what follows is counted from when it is back.
 */
export function stalls(gaps, timeline) {
  const result = { afterWorkerFault: { ms: 0 }, afterBrokerBack: { ms: 0 } }
  for (const { topic, partition, fromMs, toMs } of gaps) {
    const worker = writers[topic]
    if (worker === undefined) continue
    let [since, kind, away] = [fromMs, 'afterWorkerFault', brokersAwayAt(timeline, fromMs)]
    const close = (untilMs) => {
      const ms = Math.round(untilMs - since)
      if (away === 0 && ms > result[kind].ms)
        result[kind] = { ms, where: `${topic}/${partition}`, atMs: Math.round(since) }
    }
    for (const event of timeline) {
      if (event.atMs <= fromMs || event.atMs >= toMs) continue
      if (!event.away && !event.back && !event.workers?.includes(worker)) continue
      close(event.atMs)
      if (event.away) away++
      if (event.back) away = Math.max(0, away - 1)
      since = event.atMs
      if (event.away || event.back) kind = 'afterBrokerBack'
    }
    close(toMs)
  }
  return result
}

const brokersAwayAt = (timeline, ms) =>
  Math.max(0, timeline.filter((event) => event.atMs <= ms).reduce((n, { away, back }) => n + (away ? 1 : 0) - (back ? 1 : 0), 0)) // prettier-ignore

/** A line of what `payflow chaos` logs, as an event of the timeline: `  12.3 s  kill-worker     large-orders (pid 7): killed (-9)`. */
export function eventOf(line) {
  const [, kind, target, what] = /^ *[\d.]+ s +([a-z-]+) +(.*?): (.*)$/.exec(line) ?? []
  if (kind === undefined || target === 'skipped') return undefined
  const atMs = Date.now()
  if (/broker|outage/.test(kind))
    return { atMs, kind, ...(/^(back|continued)/.test(what) ? { back: true } : { away: true }) }
  return { atMs, kind, workers: target.replace(/ \(pid .*/, '').split(', ') }
}
