import { setTimeout as sleep } from 'node:timers/promises'
import { isAborted, pause } from '../../pause.ts'
import { messageOf } from '../../errors.ts'
import { classify } from '../../kafka/errors.ts'
import type { Connection } from '../../kafka/connection.ts'
import { needing } from '../../kafka/rights.ts'
import type { Log } from '../../log.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../kafka/group-protocol.ts'
import { heartbeat, joinGroup, leaveGroup, syncGroup, type GroupPlace, type JoinGroupResult } from '../../kafka/requests.ts' // prettier-ignore
import { assign, giveSlots } from './assigner.ts'
import { claimOf, encodeClaim, encodeSlots, slotsIn } from './user-data.ts'

/** Members of `payflow-copartitioned` commit without their generation: they cannot be in one group with these. */
const PROTOCOL = 'payflow-slots'

/** What the group has given this member. */
export interface Assigned {
  readonly place: GroupPlace
  readonly partitions: readonly number[]
  /** Undefined without partitions. */
  readonly slot: number | undefined
  /** Slots that no member has, and whose transactions are this one's to end. */
  readonly freeSlots: readonly number[]
  /** To be called when that is done for one of them: the next leader is told, and has nobody do it again. */
  readonly settle: (slot: number) => void
  /** How long it took to join. */
  readonly ms: number
}

export interface MembershipOptions {
  readonly connection: Connection
  readonly groupId: string
  /** Every topic of which a member owns partition p when it owns p. */
  readonly topics: readonly string[]
  readonly partitions: number
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
  /** Called with what is this member's from now on; it must not block. */
  readonly onAssigned: (assigned: Assigned) => void
  /** It has lost its place in the group and joins again. */
  readonly onRejoin?: (cause: unknown) => void
  /** An attempt to join, or to stay, that is repeated. */
  readonly onFailure?: (error: unknown) => void
  /** It has joined, or its heartbeat was answered. */
  readonly onAnswer?: () => void
  /** It begins to join, or sends a heartbeat. */
  readonly onBeat?: () => void
  readonly log?: Log
}

/**
 * Whether what a member had before has been its own all the time. In a generation that passed it by, or while it was not a member, somebody
 * else may have had its partitions; and what was written under another slot is not of its producer.
 */
export const follows = (before: Assigned, now: Assigned): boolean =>
  now.place.memberId === before.place.memberId &&
  now.place.generation === before.place.generation + 1 &&
  now.slot === before.slot

/** A join may wait for other members; once this one is to end, it waits no longer than this. */
const JOIN_GRACE_MS = 500
const LEAVE_PATIENCE_MS = 2_000

/**
 * Membership of a consumer group: join, sync, heartbeat, and again when the group changes. It ends when the signal is aborted
 * (`beforeLeaving` ends the tasks, then the group is left) or at an error that joining again cannot mend. Tasks go on working while the group
 * rebalances: until the members have joined, the coordinator takes their offsets under the old generation.
 */
export class Membership {
  readonly #options: MembershipOptions
  #memberId = ''
  #generation = -1
  #owned: readonly number[] = []
  #slot: number | undefined
  /** Of this generation alone: in the next one somebody may have one of these slots. */
  #settled: ReadonlySet<number> = new Set()
  #ended = false

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  async run(signal: AbortSignal, beforeLeaving: () => Promise<void>): Promise<void> {
    try {
      await this.#member(signal)
    } finally {
      this.#ended = true
      await beforeLeaving()
      await this.#leave()
    }
  }

  async #member(signal: AbortSignal): Promise<void> {
    let delayMs = 50
    while (!signal.aborted) {
      try {
        await unlessEnding(this.#joinAndSync(), signal)
        delayMs = 50
        await this.#stayIn(signal)
      } catch (error) {
        if (isAborted(signal)) break
        await this.#options.connection.forget(error)
        const kind = classify(error)
        if (kind === 'fatal') throw error
        if (kind === 'rejoin-as-new') this.#memberId = ''
        if (kind === 'rejoin' || kind === 'rejoin-as-new') this.#options.onRejoin?.(error)
        else {
          this.#options.onFailure?.(error)
          await pause(delayMs, signal)
          delayMs = Math.min(delayMs * 2, 1_000)
        }
      }
    }
  }

  async #joinAndSync(): Promise<void> {
    const { connection, groupId, topics, sessionTimeoutMs } = this.#options
    const startedMs = performance.now()
    this.#options.onBeat?.()
    const coordinator = await connection.coordinator('group', groupId)
    const userData = encodeClaim({ owned: this.#owned, generation: this.#generation, slot: this.#slot, settled: [...this.#settled] }) // prettier-ignore
    const right = { operation: 'Read', resource: 'group', names: [groupId] } as const
    const joined = await needing([right], () =>
      joinGroup(coordinator, {
        groupId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: sessionTimeoutMs,
        memberId: this.#memberId,
        groupProtocols: [{ name: PROTOCOL, metadata: encodeSubscription({ topics, userData }) }],
      }),
    )
    this.#memberId = joined.memberId
    const { memberAssignment } = await syncGroup(coordinator, {
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: joined.leaderId === joined.memberId ? this.#assignments(joined) : [],
    })
    this.#generation = joined.generationId
    const assignment = decodeAssignment(memberAssignment)
    const { slot, free, settled: known } = slotsIn(assignment.userData)
    const settled = new Set(known)
    this.#owned = [...new Set(Object.values(assignment.partitions).flat())].sort((a, b) => a - b)
    this.#slot = slot
    this.#settled = settled
    this.#options.onAnswer?.()
    const place = { memberId: this.#memberId, generation: this.#generation }
    const ms = Math.round(performance.now() - startedMs)
    if (!this.#ended) this.#options.onAssigned({ place, partitions: this.#owned, slot, freeSlots: free, settle: (ended) => settled.add(ended), ms }) // prettier-ignore
  }

  #assignments({ members, generationId }: JoinGroupResult): { memberId: string; memberAssignment: Buffer }[] {
    const { topics, partitions } = this.#options
    const claims = members.map(({ memberId, memberMetadata }) =>
      claimOf(memberId, decodeSubscription(memberMetadata).userData),
    )
    const assigned = assign(claims, partitions)
    const { slots, shares, settled } = giveSlots(claims, assigned, { partitions, generation: generationId })
    return [...assigned].map(([memberId, mine]) => ({
      memberId,
      memberAssignment: encodeAssignment({
        partitions: Object.fromEntries(topics.map((topic) => [topic, mine])),
        userData: encodeSlots({ slot: slots.get(memberId), free: shares.get(memberId) ?? [], settled }),
      }),
    }))
  }

  /** Heartbeats until one says that the group has changed. */
  async #stayIn(signal: AbortSignal): Promise<void> {
    const { connection, groupId, heartbeatMs, sessionTimeoutMs } = this.#options
    let lastAnswer = performance.now()
    for (;;) {
      await sleep(heartbeatMs, undefined, { signal })
      try {
        this.#options.onBeat?.()
        const coordinator = await connection.coordinator('group', groupId)
        await heartbeat(coordinator, { groupId, groupGenerationId: this.#generation, memberId: this.#memberId })
        lastAnswer = performance.now()
        this.#options.onAnswer?.()
      } catch (error) {
        // A coordinator that is away for a moment has not forgotten us: joining as a new member would rebalance everybody.
        if (classify(error) !== 'retriable' || performance.now() - lastAnswer > sessionTimeoutMs) throw error
        this.#options.onFailure?.(error)
        await connection.forget(error)
      }
    }
  }

  async #leave(): Promise<void> {
    if (!this.#memberId) return
    const { connection, groupId } = this.#options
    try {
      const coordinator = await connection.coordinator('group', groupId)
      await Promise.race([
        leaveGroup(coordinator, { groupId, memberId: this.#memberId }),
        sleep(LEAVE_PATIENCE_MS, undefined, { ref: false }),
      ])
    } catch (error) {
      // The group will notice by itself when the session times out.
      this.#options.log?.('debug', 'group-not-left', { group: groupId, error: messageOf(error) })
    }
    this.#memberId = ''
  }
}

/** Returns when the join has, or `JOIN_GRACE_MS` after the signal was aborted: what becomes of it then concerns nobody. */
async function unlessEnding(join: Promise<void>, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let giveUpLater: () => void = () => undefined
  const givenUp = new Promise<void>((resolve) => {
    giveUpLater = () => void (timer = setTimeout(resolve, JOIN_GRACE_MS).unref())
  })
  if (signal.aborted) giveUpLater()
  else signal.addEventListener('abort', giveUpLater, { once: true })
  try {
    await Promise.race([join, givenUp])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUpLater)
    join.catch(() => undefined)
  }
}
