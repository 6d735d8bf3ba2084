import type { ConnectionSettings } from '../settings/connection.ts'
import { noLog, type Log } from '../log.ts'
import { PayflowError, messageOf } from '../errors.ts'
import { checkReachable } from '../kafka/reachable.ts'
import type { Engine, InfraOptions, InfraStatus, Report } from './engine.ts'

/** A cluster that somebody else runs. */
export class ExternalEngine implements Engine {
  readonly name = 'external'
  readonly #connection: ConnectionSettings
  readonly #ksql: string | null
  readonly #log: Log

  constructor({ connection, ksqlUrl, log = noLog }: Pick<InfraOptions, 'connection' | 'ksqlUrl' | 'log'>) {
    if (connection === undefined || connection.brokers.length === 0)
      throw new PayflowError('BROKERS_MISSING', 'The engine "external" needs to know the brokers', {
        kind: 'usage',
        hint: 'name them: --brokers HOST:PORT,... or PAYFLOW_BROKERS',
      })
    this.#connection = connection
    this.#ksql = ksqlUrl ?? null
    this.#log = log
  }

  async status(): Promise<InfraStatus> {
    const running = await checkReachable(this.#connection).then(
      () => true,
      (error: unknown) => {
        this.#log('info', 'not-reachable', { brokers: this.#connection.brokers, error: messageOf(error) })
        return false
      },
    )
    return this.#statusOf(running)
  }

  async up(report: Report, signal?: AbortSignal): Promise<InfraStatus & { started: boolean }> {
    signal?.throwIfAborted()
    await checkReachable(this.#connection)
    report(`Kafka answers at ${this.#addresses()}`)
    return { ...this.#statusOf(true), started: false }
  }

  endNow(): void {
    // it starts nothing
  }

  down(): Promise<{ stopped: boolean }> {
    return Promise.reject(
      new PayflowError('NOT_OURS', `The brokers at ${this.#addresses()} are not payflow's to stop`, {
        kind: 'usage',
        hint: "stop them where they were started; `payflow infra down` without --brokers stops payflow's own",
      }),
    )
  }

  logs(): Promise<void> {
    return Promise.reject(
      new PayflowError('NOT_OURS', `payflow does not see the logs of the brokers at ${this.#addresses()}`, {
        kind: 'usage',
        hint: 'look where they run',
      }),
    )
  }

  #addresses(): string {
    return this.#connection.brokers.join(', ')
  }

  #statusOf(running: boolean): InfraStatus {
    return { engine: this.name, running, brokers: [...this.#connection.brokers], zookeeper: null, ksql: this.#ksql }
  }
}
