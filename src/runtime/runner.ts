import { Client, type ClientOptions } from '../kafka/client.ts'
import type { Connection } from '../kafka/connection.ts'
import { retrying } from '../kafka/retry.ts'
import type { Trouble } from '../kafka/trouble.ts'
import { TopicLimits } from '../kafka/topic-limits.ts'
import { logWith, noLog, type Log } from '../log.ts'
import { DEAD_LETTERS, groupOf, inboxTopic, stateTopic } from '../pipeline/events/topics.ts'
import type { AnyWorker } from '../pipeline/worker/definition.ts'
import { checkCluster } from './cluster/check.ts'
import type { Finding } from './cluster/facts.ts'
import { Diagnostics, eventsOf } from './diagnostics/diagnostics.ts'
import { causeOf, type EventSink } from './events.ts'
import { failpoint } from './failpoint.ts'
import { Fetcher } from './task/fetcher.ts'
import { prepareTopics } from './internal-topics.ts'
import { Membership } from './group/membership.ts'
import { MembershipState } from './group/membership-state.ts'
import type { Counts, OutputPartitions } from './task/processor.ts'
import { Task } from './task/task.ts'
import { TaskSet } from './task/task-set.ts'
import { TopicWatch } from './cluster/topic-watch.ts'
import type { Watched } from './watchdog.ts'
import type { Compression } from '../kafka/compression.ts'

export interface RunnerOptions {
  readonly client: ClientOptions
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly replicationFactor: number
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly lingerMs: number
  readonly compression: Compression
  readonly onEvent: EventSink
  readonly log?: Log
}

const MAX_BYTES_PER_PARTITION = 2 << 20
const LINGER_BYTES = 64 << 10

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
  #watch: TopicWatch | undefined
  #failure: Error | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.worker = options.worker
    const { worker, onEvent, sessionTimeoutMs } = options
    const { name } = worker
    this.#log = logWith(options.log ?? noLog, { worker: name })
    this.#client = new Client({ ...options.client, clientId: `payflow-${name}`, log: eventsOf(name, onEvent, this.#log) }) // prettier-ignore
    this.#membership = new MembershipState(sessionTimeoutMs)
    this.#diagnostics = new Diagnostics({
      worker: name,
      group: groupOf(name),
      writes: [worker.output.name, stateTopic(name), inboxTopic(name), DEAD_LETTERS],
      client: this.#client,
      onEvent,
      log: this.#log,
    })
  }

  /** Runs until the signal is aborted. @throws what ended a task for good. */
  async run(signal: AbortSignal): Promise<void> {
    const { worker, replicationFactor, lingerMs } = this.#options
    const fetcher = new Fetcher({
      connection: this.#client.connect(),
      lingerMs,
      minBytes: LINGER_BYTES,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      onFailure: (error, source) => this.#diagnostics.fetchFailed(error, source),
      onAnswer: (source) => this.#diagnostics.fetchFine(source),
    })
    const stop = AbortSignal.any([signal, this.#failed.signal])
    try {
      const connections = {
        tasks: this.#client.connect(),
        group: this.#client.connect(),
        topics: this.#client.connect(),
      }
      while (!stop.aborted) {
        const partitions = await prepareTopics(this.#client, worker, replicationFactor)
        const settings = await checkCluster(this.#client, worker, this.#options, { warn: (finding) => this.#warn(finding), signal: stop }) // prettier-ignore
        this.#limits.learn(settings)
        await this.#serve(partitions, { ...connections, fetcher }, stop)
      }
      if (this.#failure) throw this.#failure
    } finally {
      await this.#stopTasks()
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
      new Map([...inputs.map((name) => [name, partitions.input] as const), [worker.output.name, partitions.output]]),
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
      onAssigned: (owned, generation) => {
        if (owned.some((partition) => partition >= partitions.input)) watch.noteChange()
        else this.#assign(owned, generation, { partitions, connection: room.tasks, fetcher: room.fetcher })
      },
      onRejoin: (error) => this.#rejoin(error),
      onFailure: (error) => {
        this.#membership.begin()
        this.#diagnostics.membershipFailed(error)
      },
      onAnswer: () => {
        this.#membership.answered()
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

  #assign(
    owned: readonly number[],
    generation: number,
    room: { partitions: OutputPartitions; connection: Connection; fetcher: Fetcher },
  ): void {
    failpoint('on-assignment')
    this.#membership.assigned = true
    this.#tasks.keep(owned)
    for (const partition of owned) if (!this.#tasks.has(partition)) this.#launch(partition, room)
    this.#options.onEvent({ kind: 'assigned', worker: this.worker.name, partitions: [...owned], generation })
  }

  #rejoin(error: unknown): void {
    this.#membership.begin()
    this.#options.onEvent({ kind: 'rejoined', worker: this.worker.name, cause: causeOf(error) })
  }

  #launch(partition: number, room: { partitions: OutputPartitions; connection: Connection; fetcher: Fetcher }): void {
    const { worker, options, transactionTimeoutMs, compression, onEvent } = this.#options
    const inputs = Object.entries(worker.inputs)
    const task = new Task({
      client: this.#client,
      connection: room.connection,
      fetcher: room.fetcher,
      worker,
      options,
      partition,
      partitions: room.partitions,
      topics: [
        ...inputs.map(([, { name }]) => ({ topic: name, isInbox: false })),
        { topic: inboxTopic(worker.name), isInbox: true },
      ],
      aliases: new Map(inputs.map(([alias, spec]) => [spec.name, { alias, spec }])),
      transactionTimeoutMs,
      compression,
      limits: this.#limits,
      log: this.#log,
      onEvent,
      onRestore: (_, done, total) => onEvent({ kind: 'restoring', worker: worker.name, partition, done, total }),
      onRetry: (error, coordinator) => this.#diagnostics.taskFailed(partition, error, coordinator),
      onFailure: (error) => this.#diagnostics.taskFailed(partition, error),
      onProgress: () => this.#diagnostics.taskFine(partition),
    })
    this.#tasks.run(task, (error) => this.#fail(error))
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
    this.#failed.abort()
  }

  async #stopTasks(): Promise<void> {
    this.#membership.assigned = false
    await this.#tasks.stop()
  }

  #warn({ what, hint }: Finding): void {
    const fields = { what, hint }
    this.#options.onEvent({ kind: 'warning', worker: this.worker.name, code: 'cluster-setting', fields })
  }
}
