import { messageOf } from '../../errors.ts'
import { isConnectionError } from '../../kafka/errors.ts'
import type { Client } from '../../kafka/client.ts'
import { diagnose, type Doing } from '../../kafka/diagnose.ts'
import type { Trouble } from '../../kafka/trouble.ts'
import type { Log } from '../../log.ts'
import { causeOf, type EventSink } from '../events.ts'
import type { Source } from '../task/fetcher.ts'
import type { Task } from '../task/task.ts'
import { Troubles } from './troubles.ts'
import { Waiting, describeWaiting } from './waiting.ts'

export interface DiagnosticsOptions {
  readonly worker: string
  readonly group: string
  /** The topics that its transactions write. */
  readonly writes: readonly string[]
  readonly client: Client
  readonly onEvent: EventSink
  readonly log: Log
}

/** Where all errors of one worker come together that are not thrown, because the request is repeated; it finds out what does not pass. */
export class Diagnostics {
  readonly #options: DiagnosticsOptions
  readonly #troubles: Troubles
  readonly #waiting: Waiting

  constructor(options: DiagnosticsOptions) {
    const { worker, client, onEvent, log } = options
    this.#options = options
    this.#troubles = new Troubles({
      diagnose: (error, doing) => diagnose(client, error, doing),
      onTrouble: (partition, seconds, trouble) =>
        onEvent({ kind: 'trouble', worker, ...at(partition), seconds, trouble }),
      onOver: (partition, seconds) => onEvent({ kind: 'trouble-over', worker, ...at(partition), seconds }),
    })
    this.#waiting = new Waiting({
      describe: (place, from, to) =>
        describeWaiting(client.shared, place, from, to, (error) =>
          log('debug', 'transaction-not-described', { ...place, error: messageOf(error) }),
        ),
      onWaiting: (place, { transaction, ...found }) =>
        onEvent({ kind: 'waiting', worker, ...place, ...found, ...(transaction && { transaction }) }),
      onOver: (place, seconds) => onEvent({ kind: 'waiting-over', worker, ...place, seconds }),
    })
  }

  membershipFailed(error: unknown): void {
    this.#failed('membership', error, undefined, { group: this.#options.group, coordinator: 'group' })
  }

  membershipFine(): void {
    this.#troubles.fine('membership', performance.now())
  }

  taskFailed(partition: number, error: unknown, coordinator: 'group' | 'transaction' = 'transaction'): void {
    const { group, writes } = this.#options
    this.#failed(taskKey(partition), error, partition, { group, writes, coordinator })
  }

  taskFine(partition: number): void {
    this.#troubles.fine(taskKey(partition), performance.now())
  }

  fetchFailed(error: unknown, source: Source | undefined): void {
    this.#failed(source ? fetchKey(source) : 'fetch', error, source?.partition)
    const { worker, onEvent } = this.#options
    if (!isConnectionError(error)) onEvent({ kind: 'fetch-failed', worker, cause: causeOf(error) })
  }

  fetchFine(source: Source): void {
    this.#troubles.fine(fetchKey(source), performance.now())
  }

  /** To be called every now and then. */
  look(tasks: readonly Task[], nowMs: number): void {
    for (const task of tasks) if (task.idle) this.taskFine(task.partition)
    this.#troubles.look(nowMs)
    const inputs = tasks.flatMap((task) => (task.phase === 'running' ? task.inputs : []))
    this.#waiting.look(inputs, nowMs)
  }

  /** What keeps the partition, or the worker, from getting on, if anything is known. It asks the brokers if need be. */
  async trouble(partition: number | undefined): Promise<Trouble | undefined> {
    const last = this.#troubles.lastError(partition)
    return this.#troubles.latest(partition) ?? (last && (await diagnose(this.#options.client, last.error, last.doing)))
  }

  #failed(key: string, error: unknown, partition: number | undefined, doing: Doing = {}): void {
    const { code, error: message } = causeOf(error)
    this.#options.log('debug', 'request-failed', { of: key, code, error: message })
    this.#troubles.failed(key, error, performance.now(), { partition, doing })
  }
}

const at = (partition: number | undefined): { partition?: number } => (partition === undefined ? {} : { partition })
const taskKey = (partition: number): string => `task ${partition}`
const fetchKey = ({ topic, partition }: Source): string => `fetch ${topic}/${partition}`

/** Lost connections are events; what else a client logs goes on to the log. */
export const eventsOf =
  (worker: string, onEvent: EventSink, log: Log): Log =>
  (level, event, fields = {}) => {
    const { broker, error } = fields
    if (event !== 'connection-lost') log(level, event, fields)
    else onEvent({ kind: 'connection-lost', worker, ...(typeof broker === 'string' && { broker }), cause: { error: String(error) } }) // prettier-ignore
  }
