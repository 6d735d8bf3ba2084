import { messageOf } from '../../errors.ts'
import { Client } from '../../kafka/client.ts'
import type { Log } from '../../log.ts'
import { pause } from '../../pause.ts'
import { DEAD_LETTERS, publicTopics } from '../../pipeline/events/topics.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import type { Settings } from '../../settings/resolve.ts'
import { clientOptions } from '../cluster.ts'
import { lastAudits } from '../metrics/last-audit.ts'
import { FaultFeed } from '../monitor/fault-record.ts'
import { Ledger } from '../monitor/ledger.ts'
import type { Aged } from '../monitor/on-demand.ts'
import { Monitor, type Sample } from '../monitor/monitor.ts'
import { Observer, type Overview } from '../monitor/observer.ts'
import type { Look } from '../monitor/views.ts'
import { processesOn } from '../workers/running.ts'
import { customsOf } from '../monitor/watched.ts'
import { Folds } from './folds.ts'
import { History } from './history.ts'
import { auditView, frameOf } from './frame.ts'
import type { Frame, Mark, Point, Update, Verdict } from './model.ts'
import { PaymentSample } from './payment-sample.ts'
import { Tail } from './tail.ts'
import { pointOf } from './point.ts'

export interface DashboardOptions {
  readonly log: Log
  readonly signal: AbortSignal
}

/** While a page is open; and while none is, so that there is a history when one is opened. */
const WATCHED_MS = 1_000
const UNWATCHED_MS = 5_000
/** Time of each look for reading what workers have written. */
const READING_MS = 400
/** A broker that takes longer for an answer is away. */
const ANSWER_MS = 4_000
const names = [...publicTopics.map(({ name }) => name), DEAD_LETTERS]

/** Looks at everything again and again, once for all who watch, and remembers an hour of it. It changes nothing. */
export class Dashboard {
  readonly settings: Settings
  readonly client: Client
  readonly history = new History()
  readonly tail: Tail
  readonly #log: Log
  readonly #signal: AbortSignal
  readonly #folds = new Folds()
  readonly #ledger: Ledger
  readonly #monitor: Monitor
  readonly #payments: PaymentSample
  readonly #faults: FaultFeed
  readonly #watchers = new Set<(update: Update) => void>()
  readonly #observer = new Observer({ workers: defaultWorkers, topics: names })
  #look: Look | undefined
  #overview: Overview | undefined
  #trouble: string | null = null
  #verdict: Verdict | undefined
  #freshMarks: Mark[] = []
  #sentMs = 0
  #wake = new AbortController()
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(settings: Settings, { log, signal }: DashboardOptions) {
    this.settings = settings
    this.#log = log
    this.#signal = signal
    this.client = new Client({ ...clientOptions(settings, 'payflow-dashboard', log), requestTimeoutMs: ANSWER_MS })
    this.#ledger = new Ledger(this.client, { take: this.#folds.take, forget: (topic) => this.#forget(topic) }, READING_MS) // prettier-ignore
    this.#monitor = new Monitor(this.client, {
      ...{ topics: names, workers: defaultWorkers, from: 'start', ages: true, skipMissing: true, partial: true },
      counter: this.#ledger,
      customs: customsOf(this.client),
    })
    this.tail = new Tail(this.client, names, { log, signal })
    this.#faults = new FaultFeed(settings.home, log)
    this.#payments = new PaymentSample(this.client, this.#folds.latency)
  }

  /** Begins to look. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), WATCHED_MS)
    this.#running ??= this.#run()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#wake.abort()
    await this.#running
    await this.#ledger.close()
    await this.client.close()
  }

  /** Is told of every look until it is taken back. */
  watch(watcher: (update: Update) => void): () => void {
    this.#watchers.add(watcher)
    if (this.#watchers.size === 1) this.#wake.abort()
    return () => void this.#watchers.delete(watcher)
  }

  /** As the last look found them. */
  get lags(): Aged<Sample['lags']> | undefined {
    const sample = this.#look?.sample
    return sample && { value: sample.lags, atMs: sample.atMs }
  }

  get frame(): Frame {
    return this.#frame([])
  }

  /** Notes what somebody else has seen. */
  mark(mark: Mark): void {
    this.history.mark(mark)
    if (this.#watchers.size > 0) this.#freshMarks.push(mark)
  }

  get #intervalMs(): number {
    return this.#watchers.size > 0 ? WATCHED_MS : UNWATCHED_MS
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      const beganMs = performance.now()
      await this.#lookOnce()
      this.#wake = new AbortController()
      const restMs = Math.max(100, this.#intervalMs - (performance.now() - beganMs))
      await pause(restMs, AbortSignal.any([this.#wake.signal, this.#signal]))
    }
  }

  async #lookOnce(): Promise<void> {
    try {
      const timing = this.#watchers.size > 0
      const sampled = await this.#sample(timing)
      if (this.#trouble !== null && this.#look) this.mark({ kind: 'broker', atMs: sampled.atMs, text: 'the brokers answer again' }) // prettier-ignore
      const overview = this.#observer.take(sampled)
      for (const mark of overview.marks) this.mark(mark)
      this.#noticeFaults()
      this.#look = sampled
      this.#overview = overview
      this.#trouble = null
      const point = pointOf(overview, this.#folds.latency.view(sampled.atMs))
      this.history.add(point)
      this.#send(point)
    } catch (error) {
      if (this.#trouble === null && this.#look) this.mark({ kind: 'broker', atMs: Date.now(), text: 'the brokers do not answer' }) // prettier-ignore
      this.#trouble = messageOf(error)
      this.#log('debug', 'look-failed', { error: messageOf(error) })
    }
  }

  async #sample(timing: boolean): Promise<Look> {
    const there = this.#look?.sample.cluster.topicMetadata ?? []
    const canTime = timing && this.#ledger.read === 1 && there.some(({ topic }) => topic === 'payments')
    if (canTime) await this.#payments.begin()
    else this.#payments.stop()
    this.#folds.timing = canTime
    const sample = await this.#monitor.sample()
    if (canTime) await this.#payments.look()
    return { sample, processes: processesOn(this.settings, this.#log), atMs: Date.now(), read: this.#ledger.read }
  }

  #noticeFaults(): void {
    for (const { atMs, kind, target, what } of this.#faults.next())
      this.mark({ kind: 'fault', atMs, text: `${kind} ${target}: ${what}` })
  }

  #forget(topic: string): void {
    this.#folds.forget(topic)
    this.mark({ kind: 'topics', atMs: Date.now(), text: `${topic} is a new topic` })
  }

  /** Shows brokers that do not answer to those who watch: the figures grow old. */
  #tick(): void {
    if (this.#trouble !== null) this.#noticeFaults()
    if (this.#watchers.size === 0 || performance.now() - this.#sentMs < 1.5 * WATCHED_MS) return
    const point = this.#trouble === null ? null : { atMs: Date.now(), values: {} }
    if (point) this.history.add(point)
    this.#send(point)
  }

  #send(point: Point | null): void {
    if (this.#watchers.size === 0) return
    this.#sentMs = performance.now()
    const update = { frame: this.#frame(this.#freshMarks), point }
    this.#freshMarks = []
    for (const watcher of this.#watchers) watcher(update)
  }

  #frame(marks: readonly Mark[]): Frame {
    const audit = auditView(lastAudits(this.settings))
    const standing = { overview: this.#overview, trouble: this.#trouble, nowMs: Date.now(), intervalMs: this.#intervalMs } // prettier-ignore
    const frame = frameOf(standing, {
      ...{ marks, audit, folds: this.#folds, verdict: this.#verdict },
      names: publicTopics.map(({ name }) => name),
    })
    this.#verdict = frame.verdict
    return frame
  }
}
