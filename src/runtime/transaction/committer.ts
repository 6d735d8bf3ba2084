import { setImmediate as tick } from 'node:timers/promises'
import { messageOf } from '../../errors.ts'
import { codeOf } from '../../kafka/errors.ts'
import { inRounds } from '../../kafka/output-buffers.ts'
import type { GroupPlace } from '../../kafka/requests.ts'
import { unlessAborted } from '../../pause.ts'
import { failpoint } from '../failpoint.ts'
import type { TransactionalProducer } from '../producers/transactional.ts'
import { endedTransaction, resultOf, type EndedTransaction } from './ended.ts'
import { accuse, tellWritten, Undone, type OfPart, type Part } from './part.ts'
import { CommittedHere } from './committed-here.ts'
import { CurrentPlace } from './current-place.ts'
import { SlotProducer, type SlotProducerOptions } from './slot-producer.ts'

/** What one transaction may hold of several tasks: it bounds the time that it takes. */
const MAX_BYTES = 16 << 20
/** More than this is not kept waiting for what other tasks may add in the same moment. */
const AT_ONCE_BYTES = 256 << 10
/** A generation that has begun is assigned within moments, unless its leader has died. */
const ASSIGNMENT_PATIENCE_MS = 5_000
const ILLEGAL_GENERATION = 22
const REBALANCE_IN_PROGRESS = 27
const UNKNOWN_MEMBER_ID = 25

export interface CommitterOptions extends SlotProducerOptions {
  readonly group: string
  /** Told of each transaction once it has ended, before its parts are. */
  readonly onTransaction?: (ended: EndedTransaction, parts: readonly Part[], error?: unknown) => void
}

/** Where the group has put this instance (`Assigned` in group/membership). */
export interface Standing {
  readonly place: GroupPlace
  readonly slot: number | undefined
  readonly freeSlots: readonly number[]
  readonly settle: (slot: number) => void
}

interface Submission {
  readonly part: Part
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Commits what the tasks of one worker in this process have ready, together: while one transaction is under way, the next one collects.
 * 1. what it will write to is named to the coordinator
 * 2. outputs, dead letters, strays, changed state and progress, as the tasks have written them; beside them the group's offsets, as a member
 *    in a generation in which all these partitions are this instance's
 * 3. commit, once all of that is acknowledged
 * After any error the transaction is aborted, its producer thrown away, and each task that was in it begins again.
 */
export class Committer {
  readonly committed = new CommittedHere()
  readonly #group: string
  readonly #onTransaction: CommitterOptions['onTransaction'] | undefined
  readonly #place = new CurrentPlace()
  readonly #producer: SlotProducer
  /** Partitions whose records a broker has refused: each is committed alone until it has succeeded. */
  readonly #refused = new Set<number>()
  #waiting: Submission[] = []
  #busy = false
  /** The transaction under way is decided as far as this instance can. */
  #committing = false

  constructor(options: CommitterOptions) {
    this.#group = options.group
    this.#onTransaction = options.onTransaction
    this.#producer = new SlotProducer(options)
  }

  /**
   * This instance has its partitions under this place and slot, and ends the transactions of free slots. To be called in the same moment in
   * which the parts of lost partitions are not owned any more.
   */
  assigned({ place, slot, freeSlots, settle }: Standing): void {
    this.committed.as(place.memberId)
    this.#place.take(place)
    this.#producer.end(freeSlots, settle)
    this.#producer.hold(slot)
  }

  /** The group's coordinator has just taken this instance for a member. */
  confirmed(): void {
    this.#place.confirmed()
  }

  /** Whom the group's coordinator must know; undefined: nobody, for nothing more can be committed. */
  member(signal: AbortSignal): Promise<GroupPlace | undefined> {
    return this.#place.next(signal)
  }

  /** No other assignment will come. What is under way is still committed. */
  leave(): void {
    this.#place.leave()
  }

  /** Returns when a task may begin: this instance is a member, and has ended what it was to end of earlier owners. */
  async ready(signal: AbortSignal): Promise<void> {
    const ready = async (): Promise<void> => {
      await this.#place.next(signal)
      await Promise.all([this.#producer.open(), this.#producer.ended()])
    }
    await unlessAborted(ready(), signal)
  }

  /** Settles with the transaction that the part was in. @throws Undone, or what refused this part or all of them */
  submit(part: Part): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ part, resolve, reject })
      if (!this.#busy) void this.#run()
    })
  }

  /** To be called when no task is running any more. */
  close(): Promise<void> {
    return this.#producer.close()
  }

  async #run(): Promise<void> {
    this.#busy = true
    while (this.#waiting.length > 0) {
      // tasks that were given records by the same answer, or were in the same transaction, are ready in the same moment
      if (this.#waitingBytes() < AT_ONCE_BYTES) await tick()
      const next = this.#next()
      if (next.length > 0) await this.#settle(next)
    }
    this.#busy = false
  }

  #waitingBytes(): number {
    return this.#waiting.reduce((sum, { part }) => sum + part.buffers.byteLength, 0)
  }

  /** What the next transaction holds, in the order of submission. */
  #next(): Submission[] {
    for (const { part, reject } of this.#waiting)
      if (!part.isOwned()) reject(new Undone('the partition was given to another instance'))
    this.#waiting = this.#waiting.filter(({ part }) => part.isOwned())
    const [first] = this.#waiting
    const isAlone = first !== undefined && this.#refused.has(first.part.partition)
    let bytes = 0
    const next = this.#waiting.filter((submission) => {
      const { part } = submission
      if (isAlone || this.#refused.has(part.partition)) return submission === first
      bytes += part.buffers.byteLength
      return submission === first || bytes <= MAX_BYTES
    })
    const taken = new Set(next)
    this.#waiting = this.#waiting.filter((submission) => !taken.has(submission))
    return next
  }

  async #settle(submissions: readonly Submission[]): Promise<void> {
    const parts = submissions.map(({ part }) => part)
    const guilty = new Set<Part>()
    const startedMs = performance.now()
    try {
      await this.#transaction(await this.#producer.open(), parts, guilty)
      this.#onTransaction?.(endedTransaction(parts, startedMs, 'committed'), parts)
    } catch (error) {
      this.#onTransaction?.(endedTransaction(parts, startedMs, resultOf(error, this.#committing)), parts, error)
      for (const { partition } of guilty) this.#refused.add(partition)
      await this.#producer.discard()
      for (const { part, reject } of submissions)
        reject(guilty.size === 0 || guilty.has(part) ? error : new Undone(`thrown back with another partition: ${messageOf(error)}`)) // prettier-ignore
      return
    }
    for (const { part, resolve } of submissions) {
      this.committed.add(part.offsets)
      this.#refused.delete(part.partition)
      resolve()
    }
  }

  /** `guilty` gets the part that a broker has refused, if it was one. */
  async #transaction(producer: TransactionalProducer, parts: readonly Part[], guilty: Set<Part>): Promise<void> {
    this.#committing = false
    const batches = parts.flatMap((part) => part.buffers.batches().map((batch) => ({ ...batch, part })))
    await this.#enlist(producer, batches, guilty)
    const outputs = this.#sendOutputs(producer, batches, guilty)
    outputs.catch(() => undefined) // awaited below, whatever becomes of the offsets
    // nothing of it may be under way any more when the transaction is aborted
    const results = await Promise.allSettled([outputs, this.#sendOffsets(producer, parts)])
    for (const result of results) if (result.status === 'rejected') throw result.reason
    failpoint('after-offsets')
    this.#committing = true
    await producer.commit(() => failpoint('commit-sent'))
    failpoint('after-commit')
  }

  async #enlist(producer: TransactionalProducer, batches: readonly OfPart[], guilty: Set<Part>): Promise<void> {
    try {
      await producer.begin(batches, this.#group)
    } catch (error) {
      accuse(guilty, batches, error)
      throw error
    }
  }

  async #sendOutputs(producer: TransactionalProducer, batches: readonly OfPart[], guilty: Set<Part>): Promise<void> {
    for (const round of inRounds(batches)) {
      try {
        tellWritten(round, await producer.send(round))
      } catch (error) {
        accuse(guilty, round, error)
        throw error
      }
      failpoint('after-first-output')
    }
    failpoint('after-outputs')
  }

  /**
   * A generation that has begun and is not assigned yet refuses the one before. Under the next one the offsets are sent again only if all
   * partitions are still this instance's: who lost one must not write them, for its new owner may have read them already.
   */
  async #sendOffsets(producer: TransactionalProducer, parts: readonly Part[]): Promise<void> {
    failpoint('before-offsets')
    const offsets = parts.flatMap((part) => part.offsets)
    let refusal = new Undone('this instance has no place in its group')
    for (;;) {
      const place = this.#place.now ?? (await this.#place.next(AbortSignal.timeout(ASSIGNMENT_PATIENCE_MS)))
      if (!place) throw refusal
      if (!parts.every((part) => part.isOwned())) throw new Undone('a partition was given to another instance')
      try {
        await producer.sendOffsets(this.#group, offsets, place)
        return
      } catch (error) {
        const code = codeOf(error)
        if (code !== ILLEGAL_GENERATION && code !== REBALANCE_IN_PROGRESS && code !== UNKNOWN_MEMBER_ID) throw error
        this.#place.refused(place)
        if (code === UNKNOWN_MEMBER_ID) throw error
        refusal = new Undone(
          `the group has begun another generation, and given this instance no place in it: ${messageOf(error)}`,
        )
      }
    }
  }
}
