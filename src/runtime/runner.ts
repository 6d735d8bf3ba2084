import { Client, type ClientOptions } from '../kafka/client.ts'
import type { Connection } from '../kafka/connection.ts'
import { groupOf, inboxTopic, stateTopic } from '../pipeline/events/topics.ts'
import type { AnyWorker } from '../pipeline/worker/definition.ts'
import { failpoint } from './failpoint.ts'
import { Fetcher } from './task/fetcher.ts'
import { prepareTopics } from './internal-topics.ts'
import { Membership } from './group/membership.ts'
import { noCounts, type Counts, type OutputPartitions } from './task/processor.ts'
import { Task } from './task/task.ts'

export interface RunnerEvent {
  readonly worker: string
  readonly kind: 'assigned' | 'task' | 'restoring'
  readonly message: string
}

export interface RunnerOptions {
  readonly client: ClientOptions
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly replicationFactor: number
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly lingerMs: number
  readonly onEvent: (event: RunnerEvent) => void
}

const MAX_BYTES_PER_PARTITION = 2 << 20
const LINGER_BYTES = 64 << 10

/** One instance of one worker: a member of its group, and a task for each partition number it is given. */
export class Runner {
  readonly worker: AnyWorker
  readonly #options: RunnerOptions
  readonly #client: Client
  readonly #tasks = new Map<number, { task: Task; done: Promise<void> }>()
  readonly #leaving = new Set<Promise<void>>()
  readonly #finished = noCounts()
  readonly #failed = new AbortController()
  #assigned = false
  #failure: Error | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.worker = options.worker
    this.#client = new Client({ ...options.client, clientId: `payflow-${options.worker.name}` })
  }

  /** Runs until the signal is aborted. @throws what ended a task for good. */
  async run(signal: AbortSignal): Promise<void> {
    const { worker, replicationFactor, sessionTimeoutMs, lingerMs } = this.#options
    const fetcher = new Fetcher({ connection: this.#client.connect(), lingerMs, minBytes: LINGER_BYTES, maxBytesPerPartition: MAX_BYTES_PER_PARTITION }) // prettier-ignore
    const stop = AbortSignal.any([signal, this.#failed.signal])
    try {
      const partitions = await prepareTopics(this.#client, worker, replicationFactor)
      const connection = this.#client.connect()
      const membership = new Membership({
        connection: this.#client.connect(),
        groupId: groupOf(worker.name),
        topics: [
          ...Object.values(worker.inputs).map(({ name }) => name),
          inboxTopic(worker.name),
          stateTopic(worker.name),
        ],
        partitions: partitions.input,
        sessionTimeoutMs,
        heartbeatMs: Math.min(500, sessionTimeoutMs / 6),
        onAssigned: (owned) => this.#assign(owned, { partitions, connection, fetcher }),
      })
      await membership.run(stop, () => this.#stopTasks())
      if (this.#failure) throw this.#failure
    } finally {
      await this.#stopTasks()
      fetcher.close()
      await this.#client.close()
    }
  }

  get tasks(): Task[] {
    return [...this.#tasks.values()].map(({ task }) => task)
  }

  /** The group has given this instance its partitions (possibly none), and each of their tasks has nothing left to do. */
  get idle(): boolean {
    return this.#assigned && this.#leaving.size === 0 && this.tasks.every((task) => task.idle)
  }

  get counts(): Counts {
    const sum = { ...this.#finished }
    for (const { counts } of this.tasks) add(sum, counts)
    return sum
  }

  #assign(
    owned: readonly number[],
    room: { partitions: OutputPartitions; connection: Connection; fetcher: Fetcher },
  ): void {
    failpoint('on-assignment')
    this.#assigned = true
    for (const [partition, entry] of this.#tasks) if (!owned.includes(partition)) this.#retire(partition, entry)
    for (const partition of owned) if (!this.#tasks.has(partition)) this.#launch(partition, room)
    this.#report('assigned', owned.length > 0 ? `partitions ${owned.join(', ')}` : 'no partition')
  }

  #launch(partition: number, room: { partitions: OutputPartitions; connection: Connection; fetcher: Fetcher }): void {
    const { worker, options, transactionTimeoutMs } = this.#options
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
      onPhase: (p, from, to, detail) =>
        this.#report('task', `partition ${p}: ${from} → ${to}${detail && ` (${detail})`}`),
      onRestore: (p, done, total) => this.#report('restoring', `partition ${p}: ${done} of ${total}`),
    })
    const done = task.run().catch((error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
      this.#failed.abort()
    })
    this.#tasks.set(partition, { task, done })
  }

  #retire(partition: number, { task, done }: { task: Task; done: Promise<void> }): void {
    this.#tasks.delete(partition)
    task.stop()
    const gone = done.finally(() => {
      add(this.#finished, task.counts)
      this.#leaving.delete(gone)
    })
    this.#leaving.add(gone)
  }

  async #stopTasks(): Promise<void> {
    for (const [partition, entry] of this.#tasks) this.#retire(partition, entry)
    await Promise.all(this.#leaving)
  }

  #report(kind: RunnerEvent['kind'], message: string): void {
    this.#options.onEvent({ worker: this.worker.name, kind, message })
  }
}

function add(sum: Counts, more: Readonly<Counts>): void {
  sum.processed += more.processed
  sum.emitted += more.emitted
  sum.deadLetters += more.deadLetters
  sum.strays += more.strays
}
