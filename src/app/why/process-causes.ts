import { durationText } from '../../duration-text.ts'
import { troubleText } from '../../kafka/trouble.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import type { Look } from './facts.ts'
import { count, percent, records, startOf } from './words.ts'

// What its processes tell of why a worker lags.

const SILENT_MS = 10_000
const RECENT_MS = 5 * 60_000
const MANY_REBALANCES = 3
const MANY_RESTARTS = 3
const THROTTLED_MS = 1_000
const SLOW_COMMIT_MS = 200
const FAILED_SHARE = 0.05

const rebalancingStates = new Set(['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Reconciling'])

export const notRunning: Look = ({ view }) => {
  const { worker, running, state, members, lag, processes } = view
  if (running) return []
  const waiting = lag > 0 ? `, and ${records(lag)} wait` : ''
  const pids = processes.map(({ pid }) => pid).join(', ')
  const group = `group ${groupOf(worker)} is ${state} with ${members ?? 0} members`
  return processes.length === 0
    ? [{ kind: 'not-running', text: `No process runs it${waiting}`, evidence: `${group}; no process of it is known on this machine`, command: startOf(view) }] // prettier-ignore
    : [{ kind: 'not-running', text: `Its process is not in its group${waiting}`, evidence: `${group}; on this machine there is process ${pids}`, command: 'payflow top' }] // prettier-ignore
}

export const silent: Look = ({ told }) =>
  told
    .filter(({ ageMs, stopped }) => stopped || ageMs > SILENT_MS)
    .map(({ pid, ageMs, stopped }) => ({
      kind: 'process-silent',
      text: stopped ? `Process ${pid} is stopped` : `Process ${pid} does not get on: it is blocked, or gets no processor time`, // prettier-ignore
      evidence: `${stopped ? 'the system holds it (state T); ' : ''}it has told nothing for ${durationText(ageMs / 1000)}, and should every 2 s`,
      command: stopped ? `kill -CONT ${pid}` : `kill ${pid}`,
    }))

export const inTrouble: Look = ({ nowMs, told }) =>
  told.flatMap(({ pid, report: { trouble } }) => {
    if (!trouble) return []
    const { message, hint } = troubleText(trouble.trouble)
    const forSeconds = durationText(Math.max(0, nowMs - trouble.sinceMs) / 1000)
    return [{ kind: 'trouble', text: message, evidence: `process ${pid} has met it for ${forSeconds}; what to do: ${hint}`, command: 'payflow infra status' } as const] // prettier-ignore
  })

export const dying: Look = ({ nowMs, view }) =>
  view.processes
    .filter(({ restarts, startedMs }) => restarts >= MANY_RESTARTS && nowMs - startedMs < RECENT_MS)
    .map(({ pid, restarts, startedMs }) => ({
      kind: 'dying',
      text: 'Its process dies again and again',
      evidence: `it was started again ${restarts} times; process ${pid} began ${durationText((nowMs - startedMs) / 1000)} ago. Its log: worker-${view.worker}.log under PAYFLOW_HOME/logs`,
      command: startOf(view, ' --verbose'),
    }))

export const rebalancing: Look = ({ nowMs, view: { worker, state }, told }) => {
  const recent = told.flatMap(({ report }) => report.rebalances).filter((ms) => ms > nowMs - RECENT_MS)
  const now = rebalancingStates.has(state)
  // each process counts its own: they all take part in one
  const times = Math.max(0, ...told.map(({ report }) => report.rebalances.filter((ms) => ms > nowMs - RECENT_MS).length)) // prettier-ignore
  if (!now && times < MANY_REBALANCES) return []
  const last = recent.length === 0 ? '' : `, the last one ${durationText((nowMs - Math.max(...recent)) / 1000)} ago`
  return [
    {
      kind: 'rebalancing',
      text: now ? 'Its group is rebalancing: nobody processes until that is over' : `Its group has rebalanced ${times} times in five minutes`, // prettier-ignore
      evidence: `group ${groupOf(worker)} is ${state}; ${times} rebalances in the last 5 min${last}`,
      command: `payflow groups describe ${groupOf(worker)}`,
    },
  ]
}

export const restoring: Look = ({ view: { tasks } }) => {
  const busy = tasks.filter(({ phase }) => phase !== 'running')
  if (busy.length === 0) return []
  const left = busy.reduce((sum, { restoreLeft }) => sum + (restoreLeft ?? 0), 0)
  const isRestoring = busy.some(({ phase }) => phase === 'restoring')
  return [
    {
      kind: 'restoring',
      text: isRestoring ? `It is restoring its state${left > 0 ? `: ${records(left)} of the changelog are left` : ''}` : `It has not begun to process partition ${busy.map(({ partition }) => partition).join(', ')}`, // prettier-ignore
      evidence: busy.map(({ partition, phase, restoreLeft }) => `partition ${partition} is ${phase}${restoreLeft === null ? '' : `, ${count(restoreLeft)} left`}`).join('; '), // prettier-ignore
      command: 'payflow top',
    },
  ]
}

/** What slows a worker down holds nothing up while it has nothing to do. */
const ifItLags =
  (look: Look): Look =>
  (facts) =>
    facts.view.lag > 0 ? look(facts) : []

export const throttled = ifItLags(({ told }) => {
  const ms = told.reduce((sum, { report }) => sum + report.throttledMs, 0)
  if (ms < THROTTLED_MS) return []
  return [
    {
      kind: 'throttled',
      text: 'The brokers throttle it: a quota is used up',
      evidence: `it was kept waiting for ${(ms / 1000).toFixed(1)} s of the last minute`,
      command: 'payflow infra status',
    },
  ]
})

export const slowCommits = ifItLags(({ told }) => {
  const slow = told.flatMap(({ pid, report: { transactions } }) => (transactions && transactions.medianMs >= SLOW_COMMIT_MS ? [{ pid, ...transactions }] : [])) // prettier-ignore
  return slow.map(({ pid, medianMs, longestMs, committed, seconds, records: of }) => ({
    kind: 'slow-commits',
    text: `Its transactions take long: ${count(medianMs)} ms each`,
    evidence: `process ${pid}: ${committed} in ${durationText(seconds)}, half of them over ${count(medianMs)} ms, the longest ${count(longestMs)} ms, ${count(of / Math.max(1, committed))} records each`,
    command: 'payflow infra logs',
  }))
})

export const failedTransactions = ifItLags(({ view, told }) =>
  told.flatMap(({ pid, report: { transactions } }) => {
    if (!transactions) return []
    const { committed, failed, seconds } = transactions
    if (failed === 0 || failed < FAILED_SHARE * (committed + failed)) return []
    return [{ kind: 'failed-transactions', text: `${percent(failed / (committed + failed))} of its transactions are undone and begin again`, evidence: `process ${pid}: ${failed} of ${committed + failed} in ${durationText(seconds)}`, command: startOf(view, ' --verbose') } as const] // prettier-ignore
  }),
)
