import { retrying } from '../../kafka/retry.ts'
import type { Monitor, Sample } from './monitor.ts'
import type { Aged } from './on-demand.ts'
import { pause } from '../../pause.ts'

/** Takes samples of a run, and remembers the last one and how old it is. */
export class Sampler {
  readonly monitor: Pick<Monitor, 'sample'>
  readonly #signal: AbortSignal
  #last: { sample: Sample; atMs: number } | undefined

  constructor(monitor: Pick<Monitor, 'sample'>, signal: AbortSignal) {
    this.monitor = {
      sample: async () => {
        const sample = await monitor.sample()
        this.#last = { sample, atMs: performance.now() }
        return sample
      },
    }
    this.#signal = signal
  }

  get last(): Sample | undefined {
    return this.#last?.sample
  }

  /** The lags of the last one. */
  get lags(): Aged<Sample['lags']> | undefined {
    return this.#last && { value: this.#last.sample.lags, atMs: this.#last.atMs }
  }

  /** Seconds since the brokers last answered; 0 while they do. */
  get silentSeconds(): number {
    const silentMs = this.#last === undefined ? 0 : performance.now() - this.#last.atMs
    return silentMs < 1_000 ? 0 : Math.round(silentMs / 1000)
  }

  /** A fresh broker may need a moment for the first one. @throws what it answered, after `timeoutMs` */
  async first(timeoutMs: number): Promise<void> {
    await retrying(() => this.monitor.sample(), { timeoutMs, signal: this.#signal })
  }

  /** Shows one more sample, and every `intervalMs` the last one while there is none: brokers that do not answer must not freeze a view. */
  async look(intervalMs: number, show: (now: Sample, before?: Sample) => void): Promise<void> {
    const before = this.#last?.sample
    const looking = this.monitor.sample().catch(() => undefined)
    const answered = looking.then(() => true)
    const waited = (): Promise<boolean> => pause(intervalMs, this.#signal).then(() => this.#signal.aborted)
    while (!(await Promise.race([answered, waited()]))) show(this.#last!.sample)
    if (!this.#signal.aborted) show((await looking) ?? this.#last!.sample, before)
  }
}
