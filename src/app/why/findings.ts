import { heldTransaction, noLeader, pace, skewed, topicMissing } from './cluster-causes.ts'
import type { Facts, Finding } from './facts.ts'
import { dying, failedTransactions, inTrouble, notRunning, rebalancing, restoring, silent, slowCommits, throttled } from './process-causes.ts' // prettier-ignore

/** Why it lags, the likeliest causes first; nothing where it keeps up and nothing is wrong. */
export function findingsOf(facts: Facts): Finding[] {
  return [
    topicMissing,
    noLeader,
    silent,
    notRunning,
    inTrouble,
    dying,
    rebalancing,
    restoring,
    heldTransaction,
    throttled,
    skewed,
    slowCommits,
    failedTransactions,
    pace,
  ].flatMap((look) => look(facts))
}
