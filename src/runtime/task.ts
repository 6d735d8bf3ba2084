import { setTimeout as sleep } from 'node:timers/promises'
import { classify } from '../kafka/broker-errors.ts'
import type { Client } from '../kafka/client.ts'
import type { Connection } from '../kafka/connection.ts'
import { OffsetMap } from '../kafka/offsets.ts'
import { groupOf } from '../pipeline/topics.ts'
import type { AnyWorker } from '../pipeline/worker.ts'
import { PayflowError, messageOf } from '../errors.ts'
import { offsetsOf, restore } from './changelog.ts'
import { commitTransaction } from './commit.ts'
import { failpoint } from './failpoint.ts'
import type { Fetcher } from './fetcher.ts'
import { Input } from './input.ts'
import { nextInput } from './merge.ts'
import { outOfRange, startingOffsets } from './positions.ts'
import { Processor, StepError, type Counts, type OutputPartitions } from './processor.ts'
import { StateStore } from './state-store.ts'
import { TaskLifecycle, type TaskPhase } from './task-state.ts'
import { TransactionalProducer } from './transactional-producer.ts'

/** A transaction ends here, however much is fetched: it bounds memory and the work that an abort throws away. */
const MAX_TRANSACTION_BYTES = 8 << 20
const MAX_TRANSACTION_RECORDS = 50_000
/** Offsets that moved over commit markers only are committed when nothing else has come for so long. */
const IDLE_COMMIT_MS = 250
const MAX_BACKOFF_MS = 2_000

export interface TaskOptions {
  readonly client: Client
  /** For restoring and asking offsets; shared by the worker's tasks. */
  readonly connection: Connection
  readonly fetcher: Fetcher
  readonly worker: AnyWorker
  readonly options: unknown
  readonly partition: number
  readonly partitions: OutputPartitions
  /** Topic name → the definition's input; with the inbox as a further topic to read. */
  readonly inputs: readonly { topic: string; isInbox: boolean }[]
  readonly aliases: ConstructorParameters<typeof Input>[0]['aliases']
  readonly transactionTimeoutMs: number
  readonly onPhase: (partition: number, from: TaskPhase, to: TaskPhase, detail: string) => void
  readonly onRestore: (partition: number, done: number, total: number) => void
}

/** (worker, partition number p): partition p of every input, of the inbox and of the changelog, processed exactly once. */
export class Task {
  readonly partition: number
  readonly #options: TaskOptions
  readonly #lifecycle: TaskLifecycle
  readonly #stop = new AbortController()
  readonly #inputs: readonly Input[]
  readonly #counts: Counts = { processed: 0, emitted: 0, deadLetters: 0, strays: 0 }
  #detail = ''
  #producer: TransactionalProducer | undefined
  #state: StateStore
  #processor: Processor
  /** Offsets as the last committed progress record has them. */
  #progress = new OffsetMap()
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #lastCommitAt = performance.now()
  #commits = 0

  constructor(options: TaskOptions) {
    const { partition, worker, inputs, aliases, onPhase } = options
    this.partition = partition
    this.#options = options
    this.#lifecycle = new TaskLifecycle(`${worker.name}/${partition}`, (from, to) =>
      onPhase(partition, from, to, this.#detail),
    )
    this.#inputs = inputs.map(
      ({ topic, isInbox }) =>
        new Input({
          topic,
          partition,
          isInbox,
          aliases,
          onData: () => this.#wake?.(),
          onFailure: (error) => {
            this.#failure = outOfRange(worker.name, groupOf(worker.name), { topic, partition }, this.#inputs.find((i) => i.topic === topic)?.position ?? -1) // prettier-ignore
            this.#failure.cause = error
            this.#wake?.()
          },
        }),
    )
    this.#state = new StateStore(worker, options.options)
    this.#processor = this.#newProcessor()
  }

  get phase(): TaskPhase {
    return this.#lifecycle.phase
  }

  /** Committed results only. */
  get counts(): Readonly<Counts> {
    return this.#counts
  }

  get commits(): number {
    return this.#commits
  }

  /** ms since the last commit. */
  get quietMs(): number {
    return performance.now() - this.#lastCommitAt
  }

  get inputs(): readonly Input[] {
    return this.#inputs
  }

  get stateSize(): number {
    return this.#state.size
  }

  /** Nothing is left to read as far as the last answers tell, and all of it is committed. */
  get idle(): boolean {
    return (
      this.phase === 'running' && this.#inputs.every((input) => input.drained && input.committed === input.position)
    )
  }

  /** Something is fetched and not committed, or the task is not running yet. */
  get hasWork(): boolean {
    return this.phase !== 'running' || this.#inputs.some((input) => input.processed < input.position)
  }

  /** Lives until it is stopped. @throws what no new epoch can mend: a bug in the worker, or a PayflowError. */
  async run(): Promise<void> {
    let backoffMs = 50
    while (!this.#stop.signal.aborted) {
      const commitsBefore = this.#commits
      try {
        await this.#start()
        await this.#work()
        break
      } catch (error) {
        if (this.#isFinal(error)) {
          await this.#end('failed')
          throw error
        }
        if (isAborted(this.#stop.signal)) break
        if (this.#commits > commitsBefore) backoffMs = 50
        await this.#abort(error)
        await sleep(backoffMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)
      }
    }
    await this.#end('revoked')
  }

  /** Ends `run` after the transaction under way. */
  stop(): void {
    this.#stop.abort()
    this.#wake?.()
  }

  async #start(): Promise<void> {
    const { client, connection, worker, partition, transactionTimeoutMs, onRestore } = this.#options
    const { signal } = this.#stop
    this.#lifecycle.enter('fencing')
    this.#producer = await TransactionalProducer.open(client, {
      transactionalId: `payflow-${worker.name}-${partition}`,
      transactionTimeoutMs,
      patienceMs: 60_000,
      signal,
    })
    failpoint('after-fencing')
    this.#lifecycle.enter('restoring')
    this.#state = new StateStore(worker, this.#options.options)
    this.#processor = this.#newProcessor()
    const progress = await restore(connection, worker, partition, this.#state, {
      signal,
      onProgress: (done, total) => onRestore(partition, done, total),
    })
    this.#processor.eventTime = progress?.eventTime ?? -Infinity
    failpoint('after-restore')
    this.#lifecycle.enter('seeking')
    const sources = this.#inputs.map(({ topic }) => ({ topic, partition }))
    const restored = offsetsOf(progress)
    const offsets = await startingOffsets(connection, {
      worker: worker.name,
      group: groupOf(worker.name),
      sources,
      progress: restored,
      stateful: worker.state !== undefined,
      signal,
    })
    this.#progress = new OffsetMap([...restored].map(([at]) => [at, offsets.get(at) ?? 0]))
    for (const input of this.#inputs) input.seek(offsets.of(input.topic, partition) ?? 0)
    this.#lifecycle.enter('running')
  }

  async #work(): Promise<void> {
    const { fetcher } = this.#options
    this.#lastCommitAt = performance.now()
    for (const input of this.#inputs) fetcher.add(input)
    try {
      while (!this.#stop.signal.aborted) {
        this.#raise()
        if (this.#fill() || this.#movedOverMarkers()) await this.#commit()
        else await this.#data()
      }
    } finally {
      for (const input of this.#inputs) fetcher.remove(input)
    }
  }

  /** Processes what is fetched, up to a transaction's size. Returns whether there is anything to commit. */
  #fill(): boolean {
    const before = this.#processor.counts.processed
    let input: Input | undefined
    while (
      this.#processor.counts.processed - before < MAX_TRANSACTION_RECORDS &&
      this.#processor.buffers.byteLength < MAX_TRANSACTION_BYTES &&
      (input = nextInput(this.#inputs))
    )
      this.#processor.process(input, input.peek()!)
    this.#options.fetcher.wake()
    return this.#processor.counts.processed > before
  }

  #movedOverMarkers(): boolean {
    if (this.quietMs < IDLE_COMMIT_MS) return false
    return this.#inputs.some((input) => input.drained && input.processed !== input.committed)
  }

  async #commit(): Promise<void> {
    const { worker, partition, partitions } = this.#options
    this.#progress = await commitTransaction({
      worker: worker.name,
      partition,
      inputPartitions: partitions.input,
      producer: this.#producer!,
      processor: this.#processor,
      state: this.#state,
      inputs: this.#inputs,
      progress: this.#progress,
    })
    this.#take(this.#processor.counts)
    this.#commits++
    this.#lastCommitAt = performance.now()
  }

  #take(counts: Counts): void {
    for (const name of ['processed', 'emitted', 'deadLetters', 'strays'] as const) {
      this.#counts[name] += counts[name]
      counts[name] = 0
    }
  }

  /** Waits until something is fetched, the task is stopped, or it is time to look at idle commits. */
  async #data(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, IDLE_COMMIT_MS)
    })
    clearTimeout(timer)
    this.#wake = undefined
  }

  #raise(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure
  }

  #isFinal(error: unknown): boolean {
    if (this.#stop.signal.aborted) return false
    return error instanceof StepError || error instanceof PayflowError || classify(error) === 'fatal'
  }

  async #abort(error: unknown): Promise<void> {
    this.#detail = messageOf(error)
    this.#lifecycle.enter('aborting')
    this.#detail = ''
    await this.#options.connection.forget(error)
    await this.#closeProducer()
  }

  async #closeProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (!producer) return
    if (producer.inTransaction) {
      const aborted = producer.abort().catch(() => undefined)
      await Promise.race([aborted, sleep(1_000, undefined, { ref: false })])
    }
    await producer.close()
  }

  async #end(phase: 'revoked' | 'failed'): Promise<void> {
    await this.#closeProducer()
    this.#lifecycle.enter(phase)
  }

  #newProcessor(): Processor {
    const { worker, options, partition, partitions } = this.#options
    return new Processor({ worker, options, partition, partitions, state: this.#state })
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted
