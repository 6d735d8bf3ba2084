import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../errors.ts'
import { classify } from '../../kafka/errors.ts'
import type { Client } from '../../kafka/client.ts'
import type { Compression } from '../../kafka/compression.ts'
import type { Log } from '../../log.ts'
import { transactionalIdOf } from '../../pipeline/events/topics.ts'
import { takeOver, type TakeOverOptions } from '../producers/take-over.ts'
import { TransactionalProducer } from '../producers/transactional.ts'

const PATIENCE_MS = 60_000
const ABORT_PATIENCE_MS = 1_000

export interface SlotProducerOptions {
  readonly client: Client
  readonly worker: string
  readonly transactionTimeoutMs: number
  readonly compression: Compression
  /** Told what is tried again of the transaction coordinator. */
  readonly onRetry?: (error: unknown) => void
  readonly log: Log
}

/** What is being ended of slots that nobody has. */
interface Ending {
  readonly unended: Set<number>
  readonly settle: (slot: number) => void
  readonly stop: AbortController
  done: Promise<void> | undefined
}

/** The one producer of an instance, under the transactional id of its slot: opened when it is needed, and again after it was thrown away. */
export class SlotProducer {
  readonly #options: SlotProducerOptions
  readonly #closed = new AbortController()
  #slot: number | undefined
  #opened: Promise<TransactionalProducer> | undefined
  #ending: Ending | undefined

  constructor(options: SlotProducerOptions) {
    this.#options = options
  }

  /** From now on it has this slot, or none. What it had under another one is void; without one, what is under way may end. */
  hold(slot: number | undefined): void {
    const before = this.#slot
    this.#slot = slot
    if (slot !== undefined && slot !== before) void this.discard()
  }

  /**
   * Nobody has these slots: what their last holders have left open is ended at once, whatever else this instance does, and `settle` told of
   * each. Slots of an earlier call that are still to be ended may be somebody's now, and are left alone.
   */
  end(slots: readonly number[], settle: (slot: number) => void): void {
    this.#ending?.stop.abort()
    const stop = new AbortController()
    this.#ending = { unended: new Set(slots), settle, stop, done: undefined }
    if (slots.length > 0) this.ended().catch(() => undefined)
  }

  /** @throws when the transactional id could not be taken over within a minute */
  open(): Promise<TransactionalProducer> {
    if (this.#opened) return this.#opened
    const { client, compression } = this.#options
    if (this.#slot === undefined) return Promise.reject(new Error('this instance has no slot'))
    const opened = TransactionalProducer.open(client, { ...this.#takingOver(this.#slot), compression })
    this.#opened = opened
    opened.catch(() => {
      if (this.#opened === opened) this.#opened = undefined
    })
    return opened
  }

  /** Returns when what `end` was last called with is ended. @throws when a broker refuses that for good */
  async ended(): Promise<void> {
    for (let ending = this.#ending; ending; ending = this.#ending) {
      ending.done ??= this.#endAll(ending)
      try {
        await ending.done
        if (ending === this.#ending) return
      } catch (error) {
        ending.done = undefined // the next task that is to begin has it tried again
        if (ending === this.#ending) throw error
      }
    }
  }

  /** Aborts what is open, for readers would wait for the transaction's timeout otherwise. The next `open` begins a new epoch. Does not throw. */
  async discard(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    const producer = await opened?.catch(() => undefined)
    if (!producer) return
    const failed = (error: unknown): void => this.#options.log('debug', 'abort-failed', { error: messageOf(error) })
    if (producer.inTransaction)
      await Promise.race([producer.abort().catch(failed), sleep(ABORT_PATIENCE_MS, undefined, { ref: false })])
    await producer.close().catch(failed)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.discard()
  }

  async #endAll({ unended, settle, stop }: Ending): Promise<void> {
    if (unended.size === 0) return
    const { client, log } = this.#options
    const connection = client.connect()
    const signal = AbortSignal.any([this.#closed.signal, stop.signal])
    const end = async (slot: number): Promise<void> => {
      await takeOver(connection, { ...this.#takingOver(slot), signal })
      signal.throwIfAborted()
      unended.delete(slot)
      settle(slot)
    }
    try {
      while (unended.size > 0) {
        const results = await Promise.allSettled([...unended].map(end))
        const failed = results.find((result) => result.status === 'rejected')
        if (!failed) return
        signal.throwIfAborted()
        log('warn', 'transactions-not-ended', { slots: [...unended].join(), error: messageOf(failed.reason) })
        if (classify(failed.reason) !== 'retriable') throw failed.reason
      }
    } finally {
      await connection.close()
    }
  }

  #takingOver(slot: number): TakeOverOptions {
    const { worker, transactionTimeoutMs, onRetry } = this.#options
    return {
      transactionalId: transactionalIdOf(worker, slot),
      transactionTimeoutMs,
      patienceMs: PATIENCE_MS,
      signal: this.#closed.signal,
      ...(onRetry && { onRetry }),
    }
  }
}
