import { setTimeout as sleep } from 'node:timers/promises'
import { classify, codeOf } from '../../kafka/errors.ts'
import type { Connection } from '../../kafka/connection.ts'
import { kafkajs, type JoinGroupResult } from '../../kafka/kafkajs/internals.ts'
import { assign, type MemberClaim } from './assigner.ts'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
const PROTOCOL = 'payflow-copartitioned'

export interface MembershipOptions {
  readonly connection: Connection
  readonly groupId: string
  /** Every topic of which a member owns partition p when it owns p. */
  readonly topics: readonly string[]
  readonly partitions: number
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
  /** Called with the partition numbers that are this member's from now on; it must not block. */
  readonly onAssigned: (partitions: readonly number[], generation: number) => void
  readonly onLog?: (message: string) => void
}

/**
 * Membership of a consumer group: join, sync, heartbeat, and again when the group changes. It ends when the signal is aborted
 * (`beforeLeaving` ends the tasks, then the group is left) or at an error that joining again cannot mend. Tasks go on working while the group rebalances:
 * what keeps two owners apart is the transactional id, not the group.
 */
export class Membership {
  readonly #options: MembershipOptions
  #memberId = ''
  #generation = -1
  #owned: readonly number[] = []
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
        await withinReason(this.#joinAndSync(), signal)
        delayMs = 50
        await this.#stayIn(signal)
      } catch (error) {
        if (isAborted(signal)) break
        await this.#options.connection.forget(error)
        const kind = classify(error)
        this.#options.onLog?.(`${this.#options.groupId}: ${error instanceof Error ? error.message : String(error)}`)
        if (kind === 'fatal' && codeOf(error) !== 23) throw error
        if (kind === 'rejoin' && codeOf(error) !== 27) this.#memberId = ''
        if (kind !== 'rejoin') {
          await sleep(delayMs, undefined, { signal }).catch(() => undefined)
          delayMs = Math.min(delayMs * 2, 1_000)
        }
      }
    }
  }

  async #joinAndSync(): Promise<void> {
    const { connection, groupId, topics, sessionTimeoutMs } = this.#options
    const coordinator = await connection.coordinator('group', groupId)
    const userData = Buffer.from(JSON.stringify({ owned: this.#owned, generation: this.#generation }))
    const joined = await coordinator.joinGroup({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      memberId: this.#memberId,
      groupProtocols: [{ name: PROTOCOL, metadata: MemberMetadata.encode({ version: 1, topics, userData }) }],
    })
    this.#memberId = joined.memberId
    const { memberAssignment } = await coordinator.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: joined.leaderId === joined.memberId ? this.#assignments(joined) : [],
    })
    this.#generation = joined.generationId
    const assigned = MemberAssignment.decode(memberAssignment)?.assignment ?? {}
    this.#owned = [...new Set(Object.values(assigned).flat())].sort((a, b) => a - b)
    if (!this.#ended) this.#options.onAssigned(this.#owned, this.#generation)
  }

  #assignments({ members }: JoinGroupResult): { memberId: string; memberAssignment: Buffer }[] {
    const { topics, partitions } = this.#options
    const claims = members.map(({ memberId, memberMetadata }) =>
      claimOf(memberId, MemberMetadata.decode(memberMetadata).userData),
    )
    return [...assign(claims, partitions)].map(([memberId, mine]) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({
        version: 1,
        assignment: Object.fromEntries(topics.map((topic) => [topic, mine])),
        userData: Buffer.alloc(0),
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
        const coordinator = await connection.coordinator('group', groupId)
        await coordinator.heartbeat({ groupId, groupGenerationId: this.#generation, memberId: this.#memberId })
        lastAnswer = performance.now()
      } catch (error) {
        // A coordinator that is away for a moment has not forgotten us: joining anew would rebalance everybody.
        if (classify(error) !== 'retriable' || performance.now() - lastAnswer > sessionTimeoutMs) throw error
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
        coordinator.leaveGroup({ groupId, memberId: this.#memberId }),
        sleep(2_000, undefined, { ref: false }),
      ])
    } catch {
      // The group will notice by itself when the session times out.
    }
    this.#memberId = ''
  }
}

/** A join may wait for other members; when we are to end, it is not waited for long. */
async function withinReason(join: Promise<void>, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const given = sleep(2 ** 31 - 1, undefined, { signal: AbortSignal.any([signal, ended.signal]), ref: false })
    .catch(() => sleep(500, undefined, { signal: ended.signal, ref: false }))
    .catch(() => undefined)
  await Promise.race([join, given]).finally(() => ended.abort())
  join.catch(() => undefined)
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted

function claimOf(memberId: string, userData: Buffer): MemberClaim {
  try {
    const { owned, generation } = JSON.parse(userData.toString()) as { owned: number[]; generation: number }
    return {
      memberId,
      owned: owned.filter(Number.isInteger),
      generation: Number.isInteger(generation) ? generation : -1,
    }
  } catch {
    return { memberId, owned: [], generation: -1 }
  }
}
