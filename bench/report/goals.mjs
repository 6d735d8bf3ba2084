// What payflow is to reach, as ratios within one run; a goal whose other side was not measured is left out.
const ratio = (a, b) => (Number.isFinite(a / b) ? a / b : undefined)
const text = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

function goal(rows, what, value, sign, limit, unit = '×') {
  if (value === undefined) return
  const met = sign === '≥' ? value >= limit : value <= limit
  rows.push([
    what,
    `${sign} ${unit === '×' ? `${limit} ×` : limit.toLocaleString('en-US')}`,
    unit === '×' ? `${text(value)} ×` : Math.round(value).toLocaleString('en-US'),
    met ? 'met' : 'not met',
  ])
}

function backlogGoals(rows, { backlog, faust, memory }) {
  const {
    payflow,
    'Kafka Streams': streams = {},
    'fast.mjs': fast = {},
    'bare kafkajs': bare = {},
  } = backlog?.peers ?? {}
  if (payflow) {
    goal(rows, 'backlog throughput, against Kafka Streams', ratio(payflow.perSecond, streams.perSecond), '≥', 4)
    goal(rows, 'backlog throughput, against fast.mjs', ratio(payflow.perSecond, fast.perSecond), '≥', 0.85)
    goal(rows, 'backlog throughput, against bare kafkajs', ratio(payflow.perSecond, bare.perSecond), '≥', 1)
    goal(rows, 'CPU seconds, against Kafka Streams', ratio(payflow.cpuSeconds, streams.cpuSeconds), '≤', 0.3)
    goal(rows, 'peak memory, against Kafka Streams', ratio(payflow.rssMb, streams.rssMb), '≤', 0.4)
    goal(
      rows,
      'start to first commit, against Kafka Streams',
      ratio(payflow.firstCommit, streams.firstCommit),
      '≤',
      0.5,
    )
  }
  const slow = faust?.peers['Faust']
  // Faust's rate hardly depends on the size of its backlog; payflow's whole start-up would count against 60,000 events.
  if (payflow && slow)
    goal(rows, 'backlog throughput, against Faust', ratio(payflow.perSecond, slow.perSecond), '≥', 150)
  const sizes = Object.values(memory?.peers ?? {})
  if (sizes.length > 1)
    goal(rows, 'memory after five times the events', ratio(sizes.at(-1).rssMb, sizes[0].rssMb), '≤', 1.15)
}

function latencyGoals(rows, { latency }) {
  for (const rate of [1000, 10000]) {
    const ours = latency?.peers[`payflow, ${rate}/s`]
    const streams = latency?.peers[`Kafka Streams, ${rate}/s`]
    if (!ours || !streams) continue
    const at = `${rate.toLocaleString('en-US')} events/s`
    for (const [hop, hops] of [
      [1, 'one hop'],
      [2, 'two hops'],
    ]) {
      goal(
        rows,
        `p50, ${hops}, ${at}, against Kafka Streams`,
        ratio(ours[`hop${hop}p50`], streams[`hop${hop}p50`]),
        '≤',
        0.5,
      )
      goal(
        rows,
        `p99, ${hops}, ${at}, against Kafka Streams`,
        ratio(ours[`hop${hop}p99`], streams[`hop${hop}p99`]),
        '≤',
        0.6,
      )
    }
    goal(rows, `its CPU, ${at}, against Kafka Streams`, ratio(ours.peerCpu, streams.peerCpu), '≤', 0.8)
    goal(rows, `broker CPU, ${at}, against Kafka Streams`, ratio(ours.brokerCpu, streams.brokerCpu), '≤', 1.5)
  }
}

function handoverGoals(rows, { handover }) {
  const faults = handover?.peers ?? {}
  const limit = (name, what, key, ms) =>
    goal(rows, `${name}: ${what} stand still, ms`, faults[name]?.[key], '≤', ms, '')
  limit('kill -9', 'its partitions', 'concernedMs', 8_000)
  limit('kill -9', 'the others', 'othersMs', 1_000)
  limit('SIGTERM', 'its partitions', 'concernedMs', 1_000)
  limit('SIGTERM', 'the others', 'othersMs', 1_000)
}

/** Rows of a table: what, the goal, the figure, whether it is met. */
export function goals(scenarios) {
  const rows = []
  const { restore, produce, processes } = scenarios
  backlogGoals(rows, scenarios)
  latencyGoals(rows, scenarios)
  handoverGoals(rows, scenarios)
  goal(
    rows,
    'restore, against Kafka Streams',
    ratio(restore?.peers.payflow?.seconds, restore?.peers['Kafka Streams']?.seconds),
    '≤',
    1,
  )
  goal(
    rows,
    'producer, against bare kafkajs',
    ratio(produce?.peers.payflow?.perSecond, produce?.peers['bare kafkajs']?.perSecond),
    '≥',
    4,
  )
  goal(rows, 'producer, records/s', produce?.peers.payflow?.perSecond, '≥', 150_000, '')
  goal(
    rows,
    'three processes, against one',
    ratio(processes?.peers['payflow × 3']?.perSecond, processes?.peers['payflow × 1']?.perSecond),
    '≥',
    1,
  )
  return rows
}
