import { asError } from '../errors.ts'
import { Client, type ClientOptions } from '../kafka/client.ts'
import type { Connection } from '../kafka/connection.ts'
import type { AskedBroker } from '../kafka/transport.ts'
import { retrying } from '../kafka/retry.ts'
import type { Trouble } from '../kafka/trouble.ts'
import { TopicLimits } from '../kafka/topic-limits.ts'
import { logWith, noLog, type Log } from '../log.ts'
import { DEAD_LETTERS, groupOf, inboxTopic, stateTopic } from '../pipeline/events/topics.ts'
import { outputNames, type AnyWorker } from '../pipeline/worker/definition.ts'
import type { Finding } from './cluster/facts.ts'
import { Diagnostics, eventsOf } from './diagnostics/diagnostics.ts'
import { causeOf } from './events.ts'
import { failpoint } from './failpoint.ts'
import { Fetcher } from './task/fetcher.ts'
import { healthOf, type RunnerHealth } from './health.ts'
import { prepareWorker } from './prepare.ts'
import { Membership, follows, type Assigned } from './group/membership.ts'
import { MembershipState } from './group/membership-state.ts'
import type { Counts, OutputPartitions } from './task/processor.ts'
import { Task, type TaskOptions } from './task/task.ts'
import { TaskSet } from './task/task-set.ts'
import { tellTransactions } from './tracing.ts'
import { TopicWatch } from './cluster/topic-watch.ts'
import { Committer } from './transaction/committer.ts'
import type { Watched } from './watchdog.ts'
import type { Compression } from '../kafka/compression.ts'

export interface RunnerOptions extends Pick<TaskOptions, 'worker' | 'options' | 'onEvent' | 'tracing' | 'stateRoom'> {
  readonly client: ClientOptions
  readonly replicationFactor: number
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly lingerMs: number
  readonly compression: Compression
  readonly log?: Log
  readonly onRequest?: ((worker: string, asked: AskedBroker) => void) | undefined
}

const MAX_BYTES_PER_PARTITION = 2 << 20

/** What tasks share. */
type TaskRoom = Pick<TaskOptions, 'partitions' | 'connection' | 'fetcher'>

const writtenBy = (worker: AnyWorker): string[] => [...outputNames(worker), stateTopic(worker.name), inboxTopic(worker.name), DEAD_LETTERS] // prettier-ignore

/** What outlives the group being left and joined again. */
interface Room {
  readonly tasks: Connection
  readonly group: Connection
  readonly topics: Connection
  readonly fetcher: Fetcher
}

/** One instance of one worker: a member of its group, and a task for each partition number it is given. */
export class Runner {
  readonly worker: AnyWorker
  readonly #options: RunnerOptions
  readonly #client: Client
  readonly #limits = new TopicLimits()
  readonly #tasks = new TaskSet()
  readonly #failed = new AbortController()
  readonly #membership: MembershipState
  readonly #log: Log
  readonly #diagnostics: Diagnostics
  readonly #committer: Committer
  #assigned: Assigned | undefined
  #watch: TopicWatch | undefined
  #failure: Error | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.worker = options.worker
    const { worker, worker: { name }, onEvent, onRequest, sessionTimeoutMs } = options // prettier-ignore
    this.#log = logWith(options.log ?? noLog, { worker: name })
    this.#client = new Client({ ...options.client, clientId: `payflow-${name}`, log: eventsOf(name, onEvent, this.#log), ...(onRequest && { onRequest: (asked) => onRequest(name, asked) }) }) // prettier-ignore
    this.#membership = new MembershipState(sessionTimeoutMs)
    const [group, writes, client, log] = [groupOf(name), writtenBy(worker), this.#client, this.#log]
    this.#diagnostics = new Diagnostics({ worker: name, group, writes, client, onEvent, log })
    this.#committer = new Committer({ ...options, client: this.#client, worker: name, group: groupOf(name), onRetry: (error) => this.#notReady(error), onTransaction: tellTransactions(name, options), log: this.#log }) // prettier-ignore
  }

  /** Runs until the signal is aborted. @throws what ended a task for good. */
  async run(signal: AbortSignal): Promise<void> {
    const fetcher = new Fetcher({
      connection: this.#client.connect(),
      lingerMs: this.#options.lingerMs,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      onFailure: (error, source) => this.#diagnostics.fetchFailed(error, source),
      onAnswer: (source) => this.#diagnostics.fetchFine(source),
    })
    const stop = AbortSignal.any([signal, this.#failed.signal])
    try {
      const room = { limits: this.#limits, warn: this.#warn, onRetry: (error: unknown) => this.#diagnostics.membershipFailed(error), signal: stop } // prettier-ignore
      const connect = (): Connection => this.#client.connect()
      const connections = { tasks: connect(), group: connect(), topics: connect() }
      while (!stop.aborted) {
        const partitions = await prepareWorker(this.#client, this.worker, this.#options, room)
        if (partitions) await this.#serve(partitions, { ...connections, fetcher }, stop)
      }
      if (this.#failure) throw this.#failure
    } finally {
      await this.#stopTasks()
      await this.#committer.close()
      fetcher.close()
      await this.#client.close()
    }
  }

  /** A member of the group until the signal is aborted, or the topics are not what they were when it joined. */
  async #serve(partitions: OutputPartitions, room: Room, stop: AbortSignal): Promise<void> {
    const { worker, sessionTimeoutMs } = this.#options
    const inputs = Object.values(worker.inputs).map(({ name }) => name)
    const watch = new TopicWatch(
      room.topics,
      new Map([...inputs.map((name) => [name, partitions.input] as const), ...partitions.outputs]),
    )
    this.#watch = watch
    const signal = AbortSignal.any([stop, watch.changed])
    const membership = new Membership({
      connection: room.group,
      groupId: groupOf(worker.name),
      topics: [...inputs, inboxTopic(worker.name), stateTopic(worker.name)],
      partitions: partitions.input,
      sessionTimeoutMs,
      heartbeatMs: Math.min(500, sessionTimeoutMs / 6),
      onAssigned: (assigned) => {
        if (assigned.partitions.some((partition) => partition >= partitions.input)) watch.noteChange()
        else this.#assign(assigned, { partitions, connection: room.tasks, fetcher: room.fetcher })
      },
      onRejoin: (error) => this.#rejoin(error),
      onBeat: () => this.#membership.beat(),
      onFailure: (error) => {
        this.#membership.begin()
        this.#diagnostics.membershipFailed(error)
      },
      onAnswer: () => {
        this.#membership.answered()
        this.#committer.confirmed()
        this.#diagnostics.membershipFine()
      },
      log: this.#log,
    })
    this.#membership.begin()
    // not waited for: it may be asking a broker that does not answer
    void watch.run(signal).catch((error: unknown) => this.#fail(error))
    try {
      await membership.run(signal, () => this.#stopTasks())
    } finally {
      watch.noteChange()
    }
  }

  /** Looks whether an input has partitions now that no member of the group reads. They are taken as soon as this was seen. */
  async topicsChanged(): Promise<boolean> {
    return this.#watch === undefined || (await retrying(() => this.#watch!.look(), { timeoutMs: 8_000 }))
  }

  get tasks(): Task[] {
    return this.#tasks.running
  }

  /** What the watchdog looks at: the tasks, and whether there are any yet. */
  get watched(): Watched[] {
    return [...this.tasks, this.#membership]
  }

  /** How it is, as far as this process knows. */
  get health(): RunnerHealth {
    return healthOf(this.worker.name, this.#membership, this.tasks)
  }

  /** Looks for what goes wrong again and again, and for what waits; to be called every now and then. */
  look = (nowMs: number): void => this.#diagnostics.look(this.tasks, nowMs)

  /** What keeps the partition, or the worker, from getting on, if anything is known. */
  trouble(partition: number | undefined): Promise<Trouble | undefined> {
    return this.#diagnostics.trouble(partition)
  }

  /** The group has given this instance its partitions (possibly none), and each of their tasks has nothing left to do. */
  get idle(): boolean {
    return this.#membership.assigned && this.#tasks.idle
  }

  get counts(): Counts {
    return this.#tasks.counts
  }

  #assign(assigned: Assigned, room: TaskRoom): void {
    failpoint('on-assignment')
    const { place, partitions, ms } = assigned
    this.#membership.assigned = true
    this.#tasks.keep(this.#assigned && follows(this.#assigned, assigned) ? partitions : [])
    this.#assigned = assigned
    const added = partitions.filter((partition) => !this.#tasks.has(partition))
    this.#committer.assigned(assigned)
    for (const partition of added) this.#launch(partition, room)
    this.#options.onEvent({ kind: 'assigned', worker: this.worker.name, partitions: [...partitions], generation: place.generation, ms }) // prettier-ignore
  }

  /** Tasks cannot begin, because the transaction coordinator does not let them. */
  #notReady(error: unknown): void {
    for (const { phase, partition } of this.tasks)
      if (phase !== 'running') this.#diagnostics.taskFailed(partition, error, 'transaction')
  }

  #rejoin(error: unknown): void {
    this.#membership.begin()
    this.#options.onEvent({ kind: 'rejoined', worker: this.worker.name, cause: causeOf(error) })
  }

  #launch(partition: number, room: TaskRoom): void {
    const { worker, options, onEvent, tracing, stateRoom } = this.#options
    const task = new Task({
      ...room,
      client: this.#client,
      ...{ worker, options, partition, tracing, stateRoom },
      committer: this.#committer,
      limits: this.#limits,
      onEvent,
      onRetry: (error) => this.#diagnostics.taskFailed(partition, error, 'group'),
      onFailure: (error) => this.#diagnostics.taskFailed(partition, error),
      onProgress: () => this.#diagnostics.taskFine(partition),
    })
    this.#tasks.run(task, (error) => this.#fail(error))
  }

  #fail(error: unknown): void {
    this.#failure ??= asError(error)
    this.#failed.abort()
  }

  async #stopTasks(): Promise<void> {
    this.#membership.assigned = false
    this.#committer.leave()
    await this.#tasks.stop()
  }

  readonly #warn = ({ what, hint }: Finding): void => {
    const fields = { what, hint }
    this.#options.onEvent({ kind: 'warning', worker: this.worker.name, code: 'cluster-setting', fields })
  }
}
