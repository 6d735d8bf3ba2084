import { PayflowError } from '../errors.ts'
import { checkReachable, describeBrokers } from '../kafka/readiness.ts'
import type { Engine, InfraOptions, InfraStatus, Report } from './engine.ts'

const timeoutMs = 8_000

/** A cluster that somebody else runs. */
export class ExternalEngine implements Engine {
  readonly name = 'external'
  readonly #brokers: string[]
  readonly #ksql: string | null

  constructor({ brokers, ksqlUrl }: Pick<InfraOptions, 'brokers' | 'ksqlUrl'>) {
    if (brokers === undefined || brokers.length === 0)
      throw new PayflowError('BROKERS_MISSING', 'The engine "external" needs to know the brokers', {
        kind: 'usage',
        hint: 'name them: --brokers HOST:PORT,... or PAYFLOW_BROKERS',
      })
    this.#brokers = brokers
    this.#ksql = ksqlUrl ?? null
  }

  async status(): Promise<InfraStatus> {
    const running = await describeBrokers(this.#brokers, timeoutMs).then(
      () => true,
      () => false,
    )
    return this.#statusOf(running)
  }

  async up(report: Report, signal?: AbortSignal): Promise<InfraStatus & { started: boolean }> {
    signal?.throwIfAborted()
    await checkReachable(this.#brokers, timeoutMs)
    report(`Kafka answers at ${this.#brokers.join(', ')}`)
    return { ...this.#statusOf(true), started: false }
  }

  endNow(): void {
    // it starts nothing
  }

  down(): Promise<{ stopped: boolean }> {
    return Promise.reject(
      new PayflowError('NOT_OURS', `The brokers at ${this.#brokers.join(', ')} are not payflow's to stop`, {
        kind: 'usage',
        hint: "stop them where they were started; `payflow infra down` without --brokers stops payflow's own",
      }),
    )
  }

  logs(): Promise<void> {
    return Promise.reject(
      new PayflowError('NOT_OURS', `payflow does not see the logs of the brokers at ${this.#brokers.join(', ')}`, {
        kind: 'usage',
        hint: 'look where they run',
      }),
    )
  }

  #statusOf(running: boolean): InfraStatus {
    return { engine: this.name, running, brokers: this.#brokers, zookeeper: null, ksql: this.#ksql }
  }
}
