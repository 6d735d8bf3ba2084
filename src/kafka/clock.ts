import type { Connection } from './connection.ts'
import { serves } from './optional-requests.ts'
import { describeQuorumApi, describeQuorumRequest } from './wire/quorum.ts'

interface ClockDifference {
  /** How far the cluster's clock is ahead of this machine's, in ms. */
  readonly aheadMs: number
  /** It may be off by so much: half of the way there and back. */
  readonly toleranceMs: number
}

const LOOKS = 3

/**
 * The clock of the active controller against this machine's. KRaft tells it (KIP-836, Kafka 3.3); of brokers with ZooKeeper nothing that can
 * be read without writing does, and the answer is undefined. @throws what a broker answered
 */
export async function clockDifference(
  connection: Connection,
  now: () => number = Date.now,
): Promise<ClockDifference | undefined> {
  const broker = await connection.any()
  if (!serves(broker, describeQuorumApi)) return undefined
  let best: ClockDifference | undefined
  for (let look = 0; look < LOOKS; look++) {
    const [sentMs, began] = [now(), performance.now()]
    const { nowMs } = await connection.send(broker, describeQuorumRequest())
    const tookMs = performance.now() - began
    if (nowMs < 0) return undefined
    const found = { aheadMs: nowMs - (sentMs + tookMs / 2), toleranceMs: tookMs / 2 }
    if (!best || found.toleranceMs < best.toleranceMs) best = found
  }
  return best
}
