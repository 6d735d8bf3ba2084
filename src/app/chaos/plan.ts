import { between, lanes, shareOf, type Lane } from '../../pipeline/sources/hash.ts'

export const faultKinds = [
  'kill-worker',
  'freeze-worker',
  'scale',
  'cut',
  'restart-broker',
  'kill-broker',
  'freeze-broker',
  'outage',
] as const
export type FaultKind = (typeof faultKinds)[number]
/** The mean time between two faults of a kind, in ms; 0: none. */
export type Intervals = Readonly<Record<FaultKind, number>>

export const brokerFaults: ReadonlySet<FaultKind> = new Set([
  'restart-broker',
  'kill-broker',
  'freeze-broker',
  'outage',
])

export const faultDescriptions: Readonly<Record<FaultKind, string>> = {
  'kill-worker': 'kill -9 of a worker process',
  'freeze-worker': 'a worker process frozen beyond its session and its transaction, then continued: a zombie',
  scale: 'an instance of a worker added or taken away, by SIGTERM or kill -9',
  cut: "all of a worker process's connections to brokers broken",
  'restart-broker': 'a broker stopped cleanly and started again',
  'kill-broker': 'kill -9 of a broker, started again',
  'freeze-broker': 'a broker frozen for 15 to 40 s',
  outage: 'kill -9 of all brokers at once, started again',
}

export const defaultIntervals: Intervals = {
  'kill-worker': 5_000,
  'freeze-worker': 15_000,
  scale: 10_000,
  cut: 10_000,
  'restart-broker': 20_000,
  'kill-broker': 0,
  'freeze-broker': 0,
  outage: 0,
}
/** What `mixed` turns on besides. */
export const mixedIntervals: Intervals = {
  ...defaultIntervals,
  'kill-broker': 30_000,
  'freeze-broker': 45_000,
  outage: 60_000,
}

export interface PlanOptions {
  readonly seed: number
  readonly intervals: Intervals
  /** Which kinds are active is drawn again every 15 s; some draws are empty. */
  readonly mixed: boolean
  /** A frozen worker stays frozen longer than both together. */
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
}

export interface PlannedFault {
  /** Since the start. */
  readonly atMs: number
  readonly kind: FaultKind
  /** 32 bits that decide which of the possible targets it is, and how it is done. */
  readonly choice: number
  /** How long the target stays away or frozen; 0 where that means nothing. */
  readonly lastsMs: number
}

const ROTATION_MS = 15_000
const EMPTY_SHARE = 0.2

/** Faults without end, in the order of their times: a pure function of the options. The first of a kind comes within its interval. */
export function* planFaults(options: PlanOptions): Generator<PlannedFault, never> {
  const streams = faultKinds.filter((kind) => options.intervals[kind] > 0).map((kind) => faultsOf(kind, options))
  if (streams.length === 0) throw new RangeError('a plan needs a kind of fault whose interval is not 0')
  const active = rotation(options.seed)
  const heads = streams.map((stream) => stream.next().value)
  for (;;) {
    let first = 0
    for (let i = 1; i < heads.length; i++) if (heads[i]!.atMs < heads[first]!.atMs) first = i
    const fault = heads[first]!
    heads[first] = streams[first]!.next().value
    if (!options.mixed || active(Math.floor(fault.atMs / ROTATION_MS), fault.kind)) yield fault
  }
}

/** The faults of the first `durationMs`. */
export function planOf(options: PlanOptions, durationMs: number): PlannedFault[] {
  const plan: PlannedFault[] = []
  if (Object.values(options.intervals).every((intervalMs) => intervalMs === 0)) return plan
  for (const fault of planFaults(options)) {
    if (fault.atMs >= durationMs) return plan
    plan.push(fault)
  }
  return plan
}

function* faultsOf(kind: FaultKind, options: PlanOptions): Generator<PlannedFault, never> {
  const lane = lanes(options.seed, kind)
  const [gaps, choices, durations] = [lane(0), lane(1), lane(2)]
  const meanMs = options.intervals[kind]
  let atMs = meanMs * shareOf(gaps(0))
  for (let i = 0; ; i++) {
    yield { atMs: Math.round(atMs), kind, choice: choices(i), lastsMs: lastingMs(kind, durations(i), options) }
    atMs += 2 * meanMs * shareOf(gaps(i + 1))
  }
}

function lastingMs(kind: FaultKind, bits: number, { sessionTimeoutMs, transactionTimeoutMs }: PlanOptions): number {
  switch (kind) {
    case 'freeze-worker':
      return sessionTimeoutMs + transactionTimeoutMs + between(bits, 1_000, 10_000)
    case 'freeze-broker':
      return between(bits, 15_000, 40_000)
    case 'kill-broker':
    case 'outage':
      return between(bits, 0, 5_000)
    default:
      return 0
  }
}

/** Whether a kind is active in the n-th rotation. */
function rotation(seed: number): (n: number, kind: FaultKind) => boolean {
  const lane = lanes(seed, 'rotation')
  const empty = lane(0)
  const coins = new Map<FaultKind, Lane>(faultKinds.map((kind, i) => [kind, lane(i + 1)]))
  return (n, kind) => shareOf(empty(n)) >= EMPTY_SHARE && shareOf(coins.get(kind)!(n)) < 0.5
}
