import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import type { Compression } from '../../kafka/compression.ts'
import type { Log } from '../../log.ts'
import { transactionalIdOf } from '../../pipeline/events/topics.ts'
import { TransactionalProducer, takeOver, type TakeOverOptions } from '../producers/transactional.ts'

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

/** The one producer of an instance, under the transactional id of its slot: opened when it is needed, and again after it was thrown away. */
export class SlotProducer {
  readonly #options: SlotProducerOptions
  readonly #closed = new AbortController()
  #slot: number | undefined
  #opened: Promise<TransactionalProducer> | undefined
  #unended: readonly number[] = []
  #ending: Promise<void> | undefined

  constructor(options: SlotProducerOptions) {
    this.#options = options
  }

  /** From now on it has this slot, or none. What it had under another one is void; without one, what is under way may end. */
  hold(slot: number | undefined): void {
    const before = this.#slot
    this.#slot = slot
    if (slot !== undefined && slot !== before) void this.discard()
  }

  /** Nobody has these slots: what their last holders have left open is ended before anybody asks for offsets (`ended`). */
  end(slots: readonly number[]): void {
    this.#unended = slots
    this.#ending = undefined
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

  /** Returns when no transaction is open of those slots that nobody has. */
  ended(): Promise<void> {
    if (this.#ending) return this.#ending
    const ending = this.#endAll(this.#unended)
    this.#ending = ending
    ending.catch(() => {
      if (this.#ending === ending) this.#ending = undefined
    })
    return ending
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

  async #endAll(slots: readonly number[]): Promise<void> {
    if (slots.length === 0) return
    const connection = this.#options.client.connect()
    const failed = new AbortController()
    const signal = AbortSignal.any([this.#closed.signal, failed.signal])
    try {
      await Promise.all(slots.map((slot) => takeOver(connection, { ...this.#takingOver(slot), signal })))
    } finally {
      failed.abort()
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
