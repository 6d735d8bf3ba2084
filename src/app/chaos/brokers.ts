import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { pause } from '../../pause.ts'
import type { BrokerFaults, Engine } from '../../infra/engine.ts'
import type { PlannedFault } from './plan.ts'

export interface BrokerFault {
  readonly target: string
  readonly what: string
  /** Resolves when all brokers serve again; says how. */
  readonly over: Promise<string>
}

const ATTEMPTS = 5
const RETRY_MS = 1_000
const secondsSince = (startMs: number): string => `${((performance.now() - startMs) / 1000).toFixed(1)} s`

/** Breaks brokers, one fault after the other: what is to survive is one of them at a time, unless it is an outage. */
export class BrokerChaos {
  readonly #engine: Engine
  readonly #faults: BrokerFaults
  readonly #signal: AbortSignal
  readonly #log: Log
  #busy = false

  /** `signal` brings early back what is away. */
  constructor(engine: Engine, faults: BrokerFaults, { signal, log }: { signal: AbortSignal; log: Log }) {
    this.#engine = engine
    this.#faults = faults
    this.#signal = signal
    this.#log = log
  }

  /** Undefined: the last fault is not over yet. */
  async inject(planned: PlannedFault): Promise<BrokerFault | undefined> {
    if (this.#busy) return undefined
    this.#busy = true
    try {
      const fault = await this.#begin(planned, await this.#faults.names())
      if (fault === undefined) this.#busy = false
      return fault && { ...fault, over: fault.over.finally(() => (this.#busy = false)) }
    } catch (error) {
      this.#busy = false
      throw error
    }
  }

  /** Lets every frozen broker go on. */
  async thaw(): Promise<void> {
    // One that is gone meanwhile cannot be thawed, and need not be.
    for (const name of await this.#faults.names())
      await this.#faults.thaw(name).catch((error: unknown) => {
        this.#log('debug', 'not-thawed', { broker: name, error: messageOf(error) })
      })
  }

  async #begin({ kind, choice, lastsMs }: PlannedFault, names: string[]): Promise<BrokerFault | undefined> {
    const name = names[choice % names.length]
    if (name === undefined) return undefined
    if (kind === 'restart-broker') return this.#restart(name)
    if (kind === 'freeze-broker') return this.#freeze(name, lastsMs)
    return this.#kill(kind === 'outage' ? names : [name], lastsMs)
  }

  async #restart(name: string): Promise<BrokerFault> {
    const startMs = performance.now()
    await this.#faults.stop(name)
    return { target: name, what: `stopped in ${secondsSince(startMs)}`, over: this.#bringBack(startMs) }
  }

  async #kill(names: readonly string[], lastsMs: number): Promise<BrokerFault> {
    const startMs = performance.now()
    await Promise.all(names.map((name) => this.#faults.kill(name)))
    const over = this.#wait(lastsMs).then(() => this.#bringBack(startMs))
    return { target: names.join(', '), what: 'killed (-9)', over }
  }

  async #freeze(name: string, lastsMs: number): Promise<BrokerFault> {
    const startMs = performance.now()
    await this.#faults.freeze(name)
    const over = this.#wait(lastsMs).then(async () => {
      await this.#faults.thaw(name)
      return `continued after ${secondsSince(startMs)}`
    })
    return { target: name, what: `frozen for ${(lastsMs / 1000).toFixed(1)} s`, over }
  }

  /** Starting a broker fails at times for reasons that pass, such as a registration that ZooKeeper still holds. */
  async #bringBack(startMs: number): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#engine.up((line) => this.#log('debug', 'broker-comes-back', { line }))
        return `back after ${secondsSince(startMs)}`
      } catch (error) {
        if (attempt === ATTEMPTS) throw error
        this.#log('info', 'broker-start-retried', { attempt, error: messageOf(error) })
        await sleep(RETRY_MS)
      }
    }
  }

  async #wait(ms: number): Promise<void> {
    await pause(ms, this.#signal)
  }
}
